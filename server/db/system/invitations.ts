/** An invitation by its token, before it is known which organization it belongs to. */
import { and, eq, gt, isNull } from 'drizzle-orm';
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
/** The invitation while it can be used; locked until the end of the caller's transaction. */
export async function lockOpenInvitation(db: Queryable, tokenHash: string, now: Date): Promise<OpenInvitation | null> {
  const [row] = await db
    .select({ id: invitations.id, orgId: invitations.orgId, orgSlug: organizations.slug, organization: organizations.name, email: invitations.email, role: invitations.role })
    .from(invitations)
    .innerJoin(organizations, eq(organizations.id, invitations.orgId))
    .where(and(eq(invitations.tokenHash, tokenHash), isNull(invitations.usedAt), gt(invitations.expiresAt, now)))
    .limit(1)
    .for('update', { of: invitations }); // prettier-ignore
  return row ?? null;
}
