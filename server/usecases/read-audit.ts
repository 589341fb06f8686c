/** Who did what in the organization, newest first. */
import { listAuditRows } from '#server/db/audit.ts';
import type { AuditEntryView } from '#server/domain/views/accounts.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

export interface AuditPage {
  items: AuditEntryView[];
  /** For the next page: entries before this one. */
  before: number | null;
}

export async function readAudit(
  ctx: UseCaseContext,
  input: { before?: number | undefined; limit: number },
): Promise<AuditPage> {
  authorize(ctx, 'audit.read');
  const rows = await inOrg(ctx, (tx) => listAuditRows(tx, ctx.actor.orgId, input.before ?? null, input.limit + 1));
  const items = rows.slice(0, input.limit).map(({ actorId, actorName, ...entry }) => ({
    ...entry,
    actor: actorId === null || actorName === null ? null : { id: actorId, name: actorName },
  }));
  return { items, before: rows.length > input.limit ? (items.at(-1)?.seq ?? null) : null };
}
