/** Who did what. Written in the transaction of the change itself. */
import { and, desc, eq, lt } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { auditEntries } from '#server/db/schema/platform.ts';

export interface AuditInput {
  orgId: string;
  actorId: string | null;
  /** `noun.verb`, e.g. `variable.set`. */
  action: string;
  resourceKind: string;
  resourceId: string;
  /** Never values of secrets. */
  data?: Record<string, unknown>;
}
export async function writeAudit(db: Queryable, entry: AuditInput): Promise<void> {
  await db.insert(auditEntries).values({ data: {}, ...entry });
}

/** Newest first, those before `before` when it is given. */
export const listAuditRows = (db: Queryable, orgId: string, before: number | null, limit: number) =>
  db
    .select({
      seq: auditEntries.seq, at: auditEntries.createdAt, action: auditEntries.action, resourceKind: auditEntries.resourceKind,
      resourceId: auditEntries.resourceId, data: auditEntries.data, actorId: auditEntries.actorId, actorName: users.name,
    })
    .from(auditEntries)
    .leftJoin(users, eq(users.id, auditEntries.actorId))
    .where(and(eq(auditEntries.orgId, orgId), before === null ? undefined : lt(auditEntries.seq, before)))
    .orderBy(desc(auditEntries.seq))
    .limit(limit); // prettier-ignore
