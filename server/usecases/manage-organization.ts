/** Making and renaming organizations. */
import { and, eq, sql } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { findOrganization } from '#server/db/members.ts';
import { memberships, organizations } from '#server/db/schema/organizations.ts';
import { isPageWord } from '#server/domain/naming.ts';
import type { OrganizationRef } from '#server/domain/views/accounts.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type PersonContext, type UseCaseContext } from '#server/usecases/context.ts';

/** Organizations that one person may own. */
export const ownedLimit = 20;

/** The person becomes its owner. @throws AppError bad_input (slug taken), too_many (owns too many already). */
export function createOrganization(
  ctx: PersonContext,
  input: { name: string; slug: string },
): Promise<OrganizationRef> {
  const { userId } = ctx.person;
  if (isPageWord('organization', input.slug)) throw badInput('slug', 'This name is taken.');
  return ctx.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 79))`);
    const owned = await tx.$count(memberships, and(eq(memberships.userId, userId), eq(memberships.role, 'owner')));
    if (owned >= ownedLimit) throw new AppError('too_many', `One person can own ${ownedLimit} organizations.`);
    const id = newId('organization');
    const made = await tx
      .insert(organizations)
      .values({ id, slug: input.slug, name: input.name })
      .onConflictDoNothing()
      .returning({ plan: organizations.plan });
    const plan = made[0]?.plan;
    if (!plan) throw badInput('slug', 'This name is taken.');
    await tx.insert(memberships).values({ orgId: id, userId, role: 'owner' });
    await writeAudit(tx, { orgId: id, actorId: userId, action: 'organization.create', resourceKind: 'organization', resourceId: id }); // prettier-ignore
    return { id, slug: input.slug, name: input.name, role: 'owner', plan };
  });
}

export async function getOrganization(ctx: UseCaseContext): Promise<OrganizationRef> {
  authorize(ctx, 'organization.read');
  const row = await inOrg(ctx, (tx) => findOrganization(tx, ctx.actor.orgId));
  if (!row) throw notFound();
  return { ...row, role: ctx.actor.role };
}

export async function renameOrganization(ctx: UseCaseContext, input: { name: string }): Promise<OrganizationRef> {
  authorize(ctx, 'organization.update');
  const { orgId, userId } = ctx.actor;
  await inOrg(ctx, async (tx) => {
    await tx.update(organizations).set({ name: input.name }).where(eq(organizations.id, orgId));
    await writeAudit(tx, { orgId, actorId: userId, action: 'organization.rename', resourceKind: 'organization', resourceId: orgId, data: { name: input.name } }); // prettier-ignore
  });
  return getOrganization(ctx);
}
