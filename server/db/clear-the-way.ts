/** What goes first ends what is on the way: waiting releases at once, the active one by undoing it. Org id in every statement. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { applyEvent, type ReleaseRow } from '#server/db/releases.ts';
import { releases } from '#server/db/schema/releases.ts';
import { isWaiting, type ReleaseKind, releaseStates, isCancellable } from '#server/domain/release-machine.ts';

const endable = releaseStates.filter(isCancellable);

/** Requests that decide what a deployment shall run come one after the other, before any row of it is locked. */
export async function lockDeployment(tx: Tx, deploymentId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${deploymentId}, 78))`);
}

/** Releases of these kinds that wait or work and have not published their routes, oldest first. Locked when they are to be ended. */
export function endableReleases(
  tx: Tx,
  of: { orgId: string; deploymentId: string; kinds: readonly ReleaseKind[]; lock: boolean },
): Promise<ReleaseRow[]> {
  const query = tx
    .select()
    .from(releases)
    .where(
      and(
        eq(releases.orgId, of.orgId),
        eq(releases.deploymentId, of.deploymentId),
        inArray(releases.kind, [...of.kinds]),
        inArray(releases.state, [...endable]),
        isNull(releases.routeGeneration),
        isNull(releases.failure),
      ),
    )
    .orderBy(releases.createdAt);
  return of.lock ? query.for('update') : query;
}

/** Ends them as superseded by another one. Answers their ids. */
export async function supersedeAll(
  tx: Tx,
  now: DatabaseNow,
  rows: readonly ReleaseRow[],
  by: { releaseId: string; actorId: string | null },
): Promise<string[]> {
  for (const release of rows)
    await applyEvent(tx, now, {
      release,
      event: isWaiting(release.state) ? 'supersede-waiting' : 'cancel',
      patch: { cancelTo: 'superseded', supersededBy: by.releaseId },
      where: isNull(releases.routeGeneration),
      actorId: by.actorId,
    });
  return rows.map((release) => release.id);
}
