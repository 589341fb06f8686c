/** Open invitations, before it is known which organization they belong to. */
import { and, eq, gt, isNull, type SQL } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { invitations, organizations } from '#server/db/schema/organizations.ts';
import type { Role } from '#server/domain/words.ts';

export interface OpenInvitation {
  id: string;
  orgId: string;
  orgSlug: string;
  organization: string;
  email: string;
  role: Role;
}
const lockOpen = (db: Queryable, which: SQL, now: Date): Promise<OpenInvitation[]> =>
  db
    .select({ id: invitations.id, orgId: invitations.orgId, orgSlug: organizations.slug, organization: organizations.name, email: invitations.email, role: invitations.role })
    .from(invitations)
    .innerJoin(organizations, eq(organizations.id, invitations.orgId))
    .where(and(which, isNull(invitations.usedAt), gt(invitations.expiresAt, now)))
    .orderBy(invitations.id)
    .limit(200)
    .for('update', { of: invitations }); // prettier-ignore

/** The invitation of that token while it can be used; locked until the end of the caller's transaction. */
export async function lockOpenInvitation(db: Queryable, tokenHash: string, now: Date): Promise<OpenInvitation | null> {
  const [row] = await lockOpen(db, eq(invitations.tokenHash, tokenHash), now);
  return row ?? null;
}
/** Those of an address, whose owner must be proved already; locked likewise. At most 200. */
export const lockOpenInvitationsOf = (db: Queryable, email: string, now: Date): Promise<OpenInvitation[]> =>
  lockOpen(db, eq(invitations.email, email), now);
