/** Members and invitations of one organization. */
import { and, asc, desc, eq, gt, isNull } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { invitations, memberships, organizations, users } from '#server/db/schema/organizations.ts';
import type { InvitationView, MemberView } from '#server/domain/views/accounts.ts';
import type { Plan, Role } from '#server/domain/words.ts';

export async function findOrganization(
  db: Queryable,
  orgId: string,
): Promise<{ id: string; slug: string; name: string; plan: Plan } | null> {
  const [row] = await db
    .select({ id: organizations.id, slug: organizations.slug, name: organizations.name, plan: organizations.plan })
    .from(organizations)
    .where(eq(organizations.id, orgId))
    .limit(1);
  return row ?? null;
}

/** By name; at most 500. */
export const listMemberRows = (db: Queryable, orgId: string): Promise<Omit<MemberView, 'isYou'>[]> =>
  db
    .select({ userId: users.id, name: users.name, email: users.email, role: memberships.role, since: memberships.createdAt })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.orgId, orgId))
    .orderBy(asc(users.name))
    .limit(500); // prettier-ignore

/** Locks the organization's owners, so that two changes cannot take away the last two at once. Their user ids. */
export async function lockOwners(db: Queryable, orgId: string): Promise<string[]> {
  const rows = await db
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.orgId, orgId), eq(memberships.role, 'owner')))
    .for('update');
  return rows.map((row) => row.userId);
}

export async function findMemberRole(db: Queryable, orgId: string, userId: string): Promise<Role | null> {
  const [row] = await db
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.orgId, orgId), eq(memberships.userId, userId)))
    .limit(1);
  return row?.role ?? null;
}

/** Neither used nor over; at most 200. */
export const listOpenInvitations = (db: Queryable, orgId: string, now: Date): Promise<InvitationView[]> =>
  db
    .select({ id: invitations.id, email: invitations.email, role: invitations.role, createdAt: invitations.createdAt, expiresAt: invitations.expiresAt })
    .from(invitations)
    .where(and(eq(invitations.orgId, orgId), isNull(invitations.usedAt), gt(invitations.expiresAt, now)))
    .orderBy(desc(invitations.createdAt))
    .limit(200); // prettier-ignore
