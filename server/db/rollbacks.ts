/** Writes rollbacks: by a person's request, or by the platform's own decision. Org id in every statement. */
import { and, desc, eq, gt, inArray, notInArray, sql } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { endableReleases, supersedeAll } from '#server/db/clear-the-way.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts';
import { nextNumber } from '#server/db/release-numbers.ts';
import { insertQueued, type ReleaseRow } from '#server/db/releases.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deploymentEvents, releases } from '#server/db/schema/releases.ts';
import { kindRules, operationKinds, type ReleaseKind, releaseKinds } from '#server/domain/release-machine.ts';
import type { ReleaseTrigger } from '#server/domain/release.ts';
import { rollbackSnapshot } from '#server/domain/rollback.ts';
import { newId } from '#server/ids.ts';

export type DeploymentRow = typeof deployments.$inferSelect;
/** A rollback makes these pointless; an operation that stops or resumes the deployment is not among them. */
const replaced: readonly ReleaseKind[] = releaseKinds.filter(
  (kind) => !(operationKinds as readonly ReleaseKind[]).includes(kind) || kind === 'restart' || kind === 'scale',
);

/** Releases of the deployment that were ever live. */
export async function liveCounts(
  db: Queryable,
  orgId: string,
  deploymentIds: readonly string[],
): Promise<Map<string, number>> {
  if (deploymentIds.length === 0) return new Map();
  const rows = await db
    .select({ deploymentId: releases.deploymentId, count: sql<number>`count(*)::int` })
    .from(releases)
    .where(
      and(
        eq(releases.orgId, orgId),
        inArray(releases.deploymentId, [...deploymentIds]),
        eq(releases.outcome, 'live'),
        notInArray(releases.kind, [...operationKinds]),
      ),
    ) // prettier-ignore
    .groupBy(releases.deploymentId);
  return new Map(rows.map((row) => [row.deploymentId, row.count]));
}

/** Releases that were live, newest first, without the one that is; at most 30. */
export const formerReleases = (db: Queryable, deployment: Pick<DeploymentRow, 'orgId' | 'id' | 'liveReleaseId'>) =>
  db
    .select()
    .from(releases)
    .where(
      and(
        eq(releases.orgId, deployment.orgId),
        eq(releases.deploymentId, deployment.id),
        eq(releases.outcome, 'live'),
        notInArray(releases.kind, [...operationKinds]),
        deployment.liveReleaseId === null ? undefined : sql`${releases.id} <> ${deployment.liveReleaseId}`,
      ),
    )
    .orderBy(desc(releases.liveAt))
    .limit(30);

/** A rollback to this release that waits or works, or that is what is live now. */
export async function rollbackUnderWay(
  tx: Tx,
  deployment: Pick<DeploymentRow, 'orgId' | 'id' | 'liveReleaseId'>,
  toNumber: number,
): Promise<Pick<ReleaseRow, 'id' | 'number'> | null> {
  const [row] = await tx
    .select({ id: releases.id, number: releases.number })
    .from(releases)
    .where(
      and(
        eq(releases.orgId, deployment.orgId),
        eq(releases.deploymentId, deployment.id),
        eq(releases.kind, 'rollback'),
        sql`(${releases.trigger} ->> 'toNumber')::int = ${toNumber}`,
        sql`(${releases.outcome} is null and ${releases.state} <> 'cancelling' and ${releases.failure} is null or ${releases.id} = ${deployment.liveReleaseId ?? ''})`,
      ),
    )
    .orderBy(desc(releases.createdAt))
    .limit(1);
  return row ?? null;
}

/** One-off hooks that ran in the deployment after the time. */
export async function hooksSince(db: Queryable, orgId: string, deploymentId: string, since: Date): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(instances)
    .where(and(eq(instances.orgId, orgId), eq(instances.deploymentId, deploymentId), eq(instances.role, 'hook'), gt(instances.createdAt, since))); // prettier-ignore
  return row?.count ?? 0;
}

export interface RollbackOrder {
  deployment: DeploymentRow;
  target: ReleaseRow;
  live: ReleaseRow;
  trigger: Extract<ReleaseTrigger, { by: 'rollback' }>;
  actorId: string | null;
  /** Why automatic deploys pause from now on. */
  pausedReason: string;
}

/** What a rollback would end: everything on the way that has not published its routes. */
export const endedByRollback = (
  tx: Tx,
  deployment: Pick<DeploymentRow, 'orgId' | 'id'>,
  lock: boolean,
): Promise<ReleaseRow[]> =>
  endableReleases(tx, { orgId: deployment.orgId, deploymentId: deployment.id, kinds: replaced, lock });

/**
 * Queues the rollback with the artifacts of its target, ends what is on the way and pauses automatic deploys, in the
 * caller's transaction. The caller holds `lockDeployment` and has asked whether the target can be restored.
 */
export async function queueRollback(
  tx: Tx,
  now: DatabaseNow,
  { deployment, target, live, trigger, actorId, pausedReason }: RollbackOrder,
): Promise<{ id: string; number: number }> {
  const { orgId, projectId, regionId, id: deploymentId } = deployment;
  const ended = await endedByRollback(tx, deployment, true);
  const number = await nextNumber(tx, orgId, deploymentId);
  const id = newId('release');
  const snapshot = rollbackSnapshot(target.snapshot, live.snapshot);
  await insertQueued(tx, {
    id, orgId, projectId, deploymentId, regionId, number, kind: 'rollback', lane: kindRules.rollback.lane, snapshot, trigger,
    requestedBy: actorId, tagId: target.tagId,
  }); // prettier-ignore
  await copyResults(tx, orgId, id, snapshot.components.map((one) => ({ componentId: one.componentId, from: one.kind === 'add-on' ? live.id : target.id }))); // prettier-ignore
  await supersedeAll(tx, now, ended, { releaseId: id, actorId });
  await tx
    .update(deployments)
    .set({ autoPausedReason: pausedReason })
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)));
  if (deployment.autoPausedReason === null)
    await tx.insert(deploymentEvents).values({ orgId, projectId, deploymentId, releaseId: id, kind: 'deployment.auto-paused', data: { reason: pausedReason }, actorId }); // prettier-ignore
  return { id, number };
}

/** Gives a release the images and plans that another one made. */
export async function copyResults(
  tx: Tx,
  orgId: string,
  releaseId: string,
  parts: readonly { componentId: string; from: string }[],
): Promise<void> {
  const made = new Map<string, Awaited<ReturnType<typeof releaseComponentRows>>>();
  for (const { componentId, from } of parts) {
    const rows = made.get(from) ?? (await releaseComponentRows(tx, orgId, from));
    made.set(from, rows);
    const row = rows.get(componentId);
    if (!row) continue;
    const { treeHash, plan, buildKey, artifactId, port, buildOutcome } = row;
    await setReleaseComponent(tx, { orgId, releaseId, componentId }, {
      treeHash, plan, buildKey, artifactId, port, buildOutcome: buildOutcome === 'given' ? 'given' : 'reused',
    }); // prettier-ignore
  }
}
