/** Whether releases can be restored, from rows. What lists show and what the request asks again. */
import { artifactPresence } from '#server/db/artifacts.ts';
import type { Tx } from '#server/db/client.ts';
import { formerReleases, liveCounts } from '#server/db/rollbacks.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import type { deployments } from '#server/db/schema/projects.ts';
import { rollbackRefusal } from '#server/domain/rollback.ts';

type Asked = Pick<ReleaseRow, 'id' | 'deploymentId' | 'kind' | 'outcome' | 'snapshot'> &
  Pick<typeof deployments.$inferSelect, 'liveReleaseId' | 'power'>;

/** Why each of the releases cannot be restored, or null, by its id. */
export async function rollbackRefusals(
  tx: Tx,
  orgId: string,
  rows: readonly Asked[],
): Promise<Map<string, string | null>> {
  const present = await artifactPresence(tx, orgId, rows.map((row) => row.id)); // prettier-ignore
  const counts = await liveCounts(tx, orgId, [...new Set(rows.map((row) => row.deploymentId))]);
  return new Map(
    rows.map((row) => [
      row.id,
      rollbackRefusal({
        kind: row.kind,
        outcome: row.outcome,
        isLive: row.id === row.liveReleaseId,
        liveCount: counts.get(row.deploymentId) ?? 0,
        power: row.power,
        components: row.snapshot.components,
        images: present.get(row.id) ?? { kind: 'present' },
      }),
    ]),
  );
}

/** Releases of the deployment that can be restored, newest first. */
export async function restorableReleases(tx: Tx, deployment: typeof deployments.$inferSelect): Promise<ReleaseRow[]> {
  const former = await formerReleases(tx, deployment);
  const { liveReleaseId, power } = deployment;
  const refusals = await rollbackRefusals(tx, deployment.orgId, former.map((row) => ({ ...row, liveReleaseId, power }))); // prettier-ignore
  return former.filter((row) => refusals.get(row.id) === null);
}
