/**
 * Deployments whose power does not match what runs: one in the trash or suspended that still serves, one that was taken
 * out of it and has no instances. Each gets the operation that mends it; the engine does the rest. Queries across organizations.
 */
import { and, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { applyEvent, insertQueued } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { activeStates, isCancellable, isWaiting, kindRules, waitingStates } from '#server/domain/release-machine.ts';
import type { ReleaseKind } from '#server/domain/release-machine.ts';
import { standingKinds } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';

type DeploymentRow = typeof deployments.$inferSelect;
const serves = sql`exists (select 1 from instances i where i.deployment_id = ${deployments.id} and i.state = 'live')`;

export const pendingOf = (tx: Tx, deployment: DeploymentRow) =>
  tx
    .select()
    .from(releases)
    .where(
      and(
        eq(releases.orgId, deployment.orgId),
        eq(releases.deploymentId, deployment.id),
        inArray(releases.state, [...waitingStates, ...activeStates]),
      ),
    )
    .for('update');

/** Does nothing where nothing is live. @param affects ids of the components that it is about; all of them when left out */
export async function queueOperation(
  tx: Tx,
  deployment: DeploymentRow,
  kind: ReleaseKind,
  note: string,
  affects?: readonly string[],
): Promise<void> {
  if (deployment.liveReleaseId === null) return;
  const [live] = await tx
    .select()
    .from(releases)
    .where(and(eq(releases.orgId, deployment.orgId), eq(releases.id, deployment.liveReleaseId)));
  if (!live) return;
  const stands = live.snapshot.components.some((one) => standingKinds.includes(one.kind) && one.settings.instances > 0);
  if (!stands) return;
  const { orgId, projectId, regionId, id: deploymentId } = deployment;
  await insertQueued(tx, {
    id: newId('release'), orgId, projectId, deploymentId, regionId, number: null, kind, lane: kindRules[kind].lane,
    snapshot: { ...live.snapshot, affects: [...(affects ?? live.snapshot.components.map((one) => one.componentId))] }, trigger: { by: 'platform', note },
  }); // prettier-ignore
}

/** Ends what works or waits on a deployment in the trash, then suspends what serves. */
async function settleTrashed(tx: Tx, now: DatabaseNow, deployment: DeploymentRow): Promise<void> {
  const pending = await pendingOf(tx, deployment);
  for (const release of pending) {
    if (release.kind === 'suspend' || release.routeGeneration !== null || release.failure !== null) continue;
    if (!isCancellable(release.state)) continue;
    const event = isWaiting(release.state) ? 'abort-waiting' : 'cancel';
    await applyEvent(tx, now, { release, event, patch: { cancelTo: 'aborted' } });
  }
  if (pending.length === 0) await queueOperation(tx, deployment, 'suspend', 'It was put into the trash.');
}

/** One round; answers how many deployments were looked at. */
export async function reconcilePower(db: Db, now: DatabaseNow): Promise<number> {
  const pendingExists = sql`exists (select 1 from releases r where r.deployment_id = ${deployments.id} and r.state in (${sql.join([...waitingStates, ...activeStates].map((state) => sql`${state}`), sql`, `)}))`; // prettier-ignore
  const trashed = await db
    .select()
    .from(deployments)
    .where(and(inArray(deployments.power, ['trashed', 'deleting']), sql`(${serves} or ${pendingExists})`))
    .limit(100);
  const restored = await db
    .select()
    .from(deployments)
    .where(
      and(
        eq(deployments.power, 'running'),
        isNotNull(deployments.liveReleaseId),
        sql`not ${serves}`,
        sql`not ${pendingExists}`,
      ),
    ) // prettier-ignore
    .limit(100);
  const suspended = await db
    .select()
    .from(deployments)
    .where(
      and(eq(deployments.power, 'suspended'), isNotNull(deployments.liveReleaseId), serves, sql`not ${pendingExists}`),
    )
    .limit(100);
  for (const one of suspended) {
    await db.transaction(async (tx) => {
      if ((await pendingOf(tx, one)).length === 0) await queueOperation(tx, one, 'suspend', 'It is suspended.');
    });
  }
  for (const one of trashed) await db.transaction((tx) => settleTrashed(tx, now, one));
  for (const one of restored) {
    await db.transaction(async (tx) => {
      if ((await pendingOf(tx, one)).length === 0)
        await queueOperation(tx, one, 'resume', 'It was taken out of the trash.');
    });
  }
  return trashed.length + suspended.length + restored.length;
}

/** Deployments whose time in the trash is over are `deleting` from now on: they cannot be restored. */
export async function expireTrash(db: Db, now: DatabaseNow, trashHours: number): Promise<void> {
  await db
    .update(deployments)
    .set({ power: 'deleting' })
    .where(and(eq(deployments.power, 'trashed'), lt(deployments.deletedAt, sql`${now()} - ${String(trashHours)}::int * interval '1 hour'`))); // prettier-ignore
}

/** Deployments that are to be deleted and that nothing runs in or works on any more. */
export const deletableDeployments = (db: Db): Promise<DeploymentRow[]> =>
  db
    .select()
    .from(deployments)
    .where(
      and(
        eq(deployments.power, 'deleting'),
        sql`not exists (select 1 from instances i where i.deployment_id = ${deployments.id} and i.state <> 'removed')`,
        sql`not exists (select 1 from releases r where r.deployment_id = ${deployments.id} and r.state in (${sql.join([...waitingStates, ...activeStates, 'retiring'].map((state) => sql`${state}`), sql`, `)}))`, // prettier-ignore
      ),
    )
    .limit(20);
