/** The first run: the console's code makes the first account, its organization, and closes the door behind it. */
import { timingSafeEqual } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { countAttempt } from '#server/auth/attempts.ts';
import { hashPassword } from '#server/auth/password.ts';
import { hashSetupCode } from '#server/auth/setup-code.ts';
import { writeAudit } from '#server/db/audit.ts';
import type { Queryable } from '#server/db/client.ts';
import { memberships, organizations, users } from '#server/db/schema/organizations.ts';
import { platformFacts } from '#server/db/schema/platform.ts';
import { isPageWord, slugFrom } from '#server/domain/naming.ts';
import type { SetupStatus } from '#server/domain/views/accounts.ts';
import { AppError, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import type { Services } from '#server/usecases/context.ts';

interface SetupFact {
  codeHash: string;
  closedAt: string | null;
}
function parseFact(value: Record<string, unknown> | undefined): SetupFact | null {
  const codeHash = value?.['codeHash'];
  const closedAt = value?.['closedAt'];
  if (typeof codeHash !== 'string') return null;
  return { codeHash, closedAt: typeof closedAt === 'string' ? closedAt : null };
}
const readFact = async (db: Queryable): Promise<SetupFact | null> => {
  const [row] = await db.select({ value: platformFacts.value }).from(platformFacts).where(eq(platformFacts.key, 'setup')).limit(1).for('update'); // prettier-ignore
  return parseFact(row?.value);
};

/** Open until the first account exists. */
export async function setupStatus(services: Services): Promise<SetupStatus> {
  const [row] = await services.db.select({ value: platformFacts.value }).from(platformFacts).where(eq(platformFacts.key, 'setup')).limit(1); // prettier-ignore
  const fact = parseFact(row?.value);
  return { open: fact !== null && fact.closedAt === null };
}

const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/**
 * Makes the first person, an operator and the owner of the first organization.
 * @throws AppError not_found when it is closed or the code is wrong, too_many past the limits.
 */
export async function completeSetup(
  services: Services & { address: string },
  input: { code: string; name: string; email: string; password: string; organization: string },
): Promise<{ email: string; org: string }> {
  const now = services.clock.now();
  await countAttempt(services.db, now, 'setup', services.address);
  const passwordHash = await hashPassword(input.password);
  return services.db.transaction(async (tx) => {
    const fact = await readFact(tx);
    if (!fact || fact.closedAt !== null) throw notFound();
    if (!sameHash(hashSetupCode(input.code), fact.codeHash))
      throw new AppError('not_found', 'This is not the code. `npm run code` shows it.', { field: 'code' });
    const userId = newId('user');
    const orgId = newId('organization');
    const wanted = slugFrom(input.organization);
    const slug = isPageWord('organization', wanted) ? `${wanted}-team` : wanted;
    await tx.insert(users).values({ id: userId, email: input.email, name: input.name, passwordHash, isOperator: true });
    // Who runs the installation is nobody's guest in it.
    await tx.insert(organizations).values({ id: orgId, slug, name: input.organization, plan: 'pay-as-you-go' });
    await tx.insert(memberships).values({ orgId, userId, role: 'owner' });
    const value = { codeHash: fact.codeHash, closedAt: now.toISOString() };
    await tx.update(platformFacts).set({ value, updatedAt: now }).where(eq(platformFacts.key, 'setup'));
    await writeAudit(tx, { orgId, actorId: userId, action: 'organization.create', resourceKind: 'organization', resourceId: orgId }); // prettier-ignore
    return { email: input.email, org: slug };
  });
}
