/** People, their sessions and memberships. These tables belong to no organization; each statement names the person. */
import { and, asc, desc, eq, gt, isNull, ne, type SQL } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { identities, memberships, organizations, sessions, users } from '#server/db/schema/organizations.ts';
import type { OrganizationRef } from '#server/domain/views/accounts.ts';
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

/** At most 200, by name. */
export const listOrganizationsOf = (db: Queryable, userId: string): Promise<OrganizationRef[]> =>
  db
    .select({ id: organizations.id, slug: organizations.slug, name: organizations.name, plan: organizations.plan, role: memberships.role })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.orgId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(organizations.name))
    .limit(200); // prettier-ignore

export interface AccountRow {
  id: string;
  email: string;
  name: string;
  passwordHash: string | null;
  isOperator: boolean;
}
const accountColumns = {
  id: users.id, email: users.email, name: users.name, passwordHash: users.passwordHash, isOperator: users.isOperator,
}; // prettier-ignore
async function findAccount(db: Queryable, where: SQL): Promise<AccountRow | null> {
  const [row] = await db.select(accountColumns).from(users).where(where).limit(1);
  return row ?? null;
}
export const findAccountByEmail = (db: Queryable, email: string) => findAccount(db, eq(users.email, email));
export const findAccountById = (db: Queryable, id: string) => findAccount(db, eq(users.id, id));

export async function findAccountByIdentity(
  db: Queryable,
  provider: string,
  subject: string,
): Promise<AccountRow | null> {
  const [row] = await db
    .select(accountColumns)
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(and(eq(identities.provider, provider), eq(identities.subject, subject)))
    .limit(1);
  return row ?? null;
}

export interface SessionRow {
  id: string;
  userId: string;
  isOperator: boolean;
  lastSeenAt: Date;
}
/** The session while it is neither revoked nor over. */
export async function findLiveSession(db: Queryable, id: string, now: Date): Promise<SessionRow | null> {
  const [row] = await db
    .select({ id: sessions.id, userId: sessions.userId, isOperator: users.isOperator, lastSeenAt: sessions.lastSeenAt })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)))
    .limit(1);
  return row ?? null;
}

/** Sessions that still sign in, newest first; at most 100. */
export const listLiveSessions = (db: Queryable, userId: string, now: Date) =>
  db
    .select({ id: sessions.id, userAgent: sessions.userAgent, address: sessions.address, createdAt: sessions.createdAt, lastSeenAt: sessions.lastSeenAt })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)))
    .orderBy(desc(sessions.createdAt))
    .limit(100); // prettier-ignore

/** Revokes one session of the person, or all but `except`. Answers how many. */
export async function revokeSessions(
  db: Queryable,
  userId: string,
  which: { id: string } | { except: string },
  now: Date,
): Promise<number> {
  const chosen = 'id' in which ? eq(sessions.id, which.id) : ne(sessions.id, which.except);
  const rows = await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), chosen))
    .returning({ id: sessions.id });
  return rows.length;
}
