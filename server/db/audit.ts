/** Who did what. Written in the transaction of the change itself. */
import type { Queryable } from '#server/db/client.ts';
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
