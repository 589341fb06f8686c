/**
 * Auto-revert: a deployment that has it on and whose release crashes again and again soon after it went live goes back to
 * the last release that held. Never against a person: nothing happens while something is on the way. Queries across
 * organizations.
 */
import { and, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import { lockDeployment } from '#server/db/clear-the-way.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { holdReleaseArtifacts } from '#server/db/artifacts.ts';
import { restorableReleases } from '#server/db/rollback-offer.ts';
import { queueRollback } from '#server/db/rollbacks.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deploymentEvents, releases } from '#server/db/schema/releases.ts';
import { crashLimit, revertVerdict, watchMinutes } from '#server/domain/auto-revert.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';
import type { ReleaseRow } from '#server/db/releases.ts';

type DeploymentRow = typeof deployments.$inferSelect;
const pending = sql.join([...waitingStates, ...activeStates].map((state) => sql`${state}`), sql`, `); // prettier-ignore

const candidates = (db: Db | Tx, now: DatabaseNow, scale: number, id?: string) =>
  db
    .select({ deployment: deployments, live: releases })
    .from(deployments)
    .innerJoin(releases, eq(releases.id, deployments.liveReleaseId))
    .where(
      and(
        id === undefined ? undefined : eq(deployments.id, id),
        eq(deployments.autoRevert, true),
        eq(deployments.power, 'running'),
        sql`${releases.liveAt} > ${now()} - ${String(Math.round(watchMinutes * 60_000 * scale))}::bigint * interval '1 millisecond'`,
        sql`exists (select 1 from instances i where i.started_by = ${releases.id} and i.role = 'serving' and i.state = 'live' and i.restarts >= ${crashLimit})`,
        sql`not exists (select 1 from releases p where p.deployment_id = ${deployments.id} and p.state in (${pending}))`,
        // Said once per release.
        sql`not exists (select 1 from deployment_events e where e.deployment_id = ${deployments.id} and e.release_id = ${releases.id} and e.kind in ('deployment.auto-reverted', 'deployment.revert-kept'))`,
      ),
    )
    .limit(50);

/** One round; answers how many releases were taken back. @param scale factor on the time after which a release counts as stable. */
export async function revertCrashLoops(db: Db, now: DatabaseNow, scale = 1): Promise<number> {
  let reverted = 0;
  for (const { deployment } of await candidates(db, now, scale)) {
    reverted += await db.transaction(async (tx) => {
      await lockDeployment(tx, deployment.id);
      const [again] = await candidates(tx, now, scale, deployment.id);
      return again && (await decide(tx, now, again.deployment, again.live)) ? 1 : 0;
    });
  }
  return reverted;
}

async function decide(tx: Tx, now: DatabaseNow, deployment: DeploymentRow, live: ReleaseRow): Promise<boolean> {
  const { orgId, projectId, id: deploymentId } = deployment;
  const target = await lastStable(tx, deployment);
  const rows = await tx
    .select({ componentId: instances.componentId, restarts: instances.restarts, role: instances.role })
    .from(instances)
    .where(and(eq(instances.orgId, orgId), eq(instances.startedBy, live.id)));
  const verdict = revertVerdict({
    kind: live.kind,
    number: live.number,
    components: live.snapshot.components,
    started: rows.filter((row) => row.role === 'serving'),
    hooks: rows.filter((row) => row.role === 'hook').length,
    target: target?.number ?? null,
  });
  if (verdict.kind === 'none') return false;
  const { because } = verdict;
  const say = (kind: string, data: Record<string, unknown>) =>
    tx.insert(deploymentEvents).values({ orgId, projectId, deploymentId, releaseId: live.id, kind, data: { number: live.number, because, ...data } }); // prettier-ignore
  if (verdict.kind === 'kept' || !target) {
    await say('deployment.revert-kept', {});
    return false;
  }
  await holdReleaseArtifacts(tx, orgId, target.id);
  const trigger = { by: 'rollback' as const, toNumber: verdict.to, because };
  const pausedReason = `release ${String(live.number ?? '')} was reverted to ${String(verdict.to)}: ${because}`;
  await queueRollback(tx, now, { deployment, target, live, trigger, actorId: null, pausedReason });
  await say('deployment.auto-reverted', { toNumber: verdict.to });
  return true;
}

/** The newest release that can be restored and that the platform did not have to take back itself. */
async function lastStable(tx: Tx, deployment: DeploymentRow): Promise<ReleaseRow | null> {
  const taken = await tx
    .select({ id: releases.previousReleaseId })
    .from(releases)
    .where(and(eq(releases.orgId, deployment.orgId), eq(releases.deploymentId, deployment.id), eq(releases.kind, 'rollback'), sql`${releases.trigger} ? 'because'`)); // prettier-ignore
  const reverted = new Set(taken.map((row) => row.id));
  return (await restorableReleases(tx, deployment)).find((row) => !reverted.has(row.id)) ?? null;
}
