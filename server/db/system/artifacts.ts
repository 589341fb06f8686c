/**
 * Which artifacts nobody needs any more: neither a release that works or waits, nor what is live, nor the last releases
 * of a deployment that were live, which stay restorable. Queries across organizations.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { artifacts } from '#server/db/schema/releases.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';

/** Releases of a deployment that were live and keep their artifacts. */
export const restorableReleases = 10;

const needing = sql.join(
  [...waitingStates, ...activeStates, 'live', 'retiring'].map((state) => sql`${state}`),
  sql`, `,
);
const needed = sql`exists (
  select 1 from release_components c join releases r on r.id = c.release_id
  where c.artifact_id = ${artifacts.id} and (
    r.state in (${needing})
    or (r.outcome = 'live' and (
      select count(*) from releases later where later.deployment_id = r.deployment_id and later.outcome = 'live' and later.live_at > r.live_at
    ) < ${restorableReleases})
    or exists (select 1 from instances i where i.started_by = r.id and i.state <> 'removed')))`;

/** Marks up to 20 artifacts as removed and answers the references of their images. Images given by digest are not ours to remove. */
export const collectArtifacts = (db: Db, now: DatabaseNow): Promise<string[]> =>
  db.transaction(async (tx) => {
    const found = await tx
      .select({ id: artifacts.id })
      .from(artifacts)
      .where(
        and(
          isNull(artifacts.removedAt),
          sql`${artifacts.reference} like 'slipway/%'`,
          sql`${artifacts.createdAt} < ${now()} - interval '1 hour'`,
          sql`not ${needed}`,
        ),
      ) // prettier-ignore
      .limit(20)
      .for('update', { skipLocked: true });
    const references: string[] = [];
    for (const { id } of found) {
      // Asked again under the lock: a release may have taken it while we looked.
      const [row] = await tx
        .update(artifacts)
        .set({ removedAt: sql`${now()}` })
        .where(and(eq(artifacts.id, id), sql`not ${needed}`))
        .returning({ reference: artifacts.reference });
      if (row) references.push(row.reference);
    }
    return references;
  });

/** Holds the artifact for the caller's transaction; false when it was collected meanwhile. */
export async function holdArtifact(tx: Tx, orgId: string, id: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: artifacts.id })
    .from(artifacts)
    .where(and(eq(artifacts.id, id), eq(artifacts.orgId, orgId), isNull(artifacts.removedAt)))
    .for('update');
  return row !== undefined;
}
