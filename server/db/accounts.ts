/** People, their sessions and memberships. These tables belong to nobody's organization; each statement names the person. */
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { memberships, organizations } from '#server/db/schema/organizations.ts';
import type { Role } from '#server/domain/words.ts';

/** The person's role in the organization of that slug, or null when there is none, whichever of both is missing. */
export async function findMembership(
  db: Queryable,
  userId: string,
  orgSlug: string,
): Promise<{ orgId: string; role: Role } | null> {
  const [row] = await db
    .select({ orgId: memberships.orgId, role: memberships.role })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.orgId))
    .where(and(eq(memberships.userId, userId), eq(organizations.slug, orgSlug)))
    .limit(1);
  return row ?? null;
}
