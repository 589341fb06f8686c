/**
 * Automatic deploys: a branch that moved asks for the newest code with the settings that are live, never for edits of the
 * draft. Compares states, not events: what moved while nobody looked is deployed at the next look, and one tip asks once,
 * whoever looks and however often.
 */
import { and, eq, inArray } from 'drizzle-orm';
import { lockDeployment } from '#server/db/clear-the-way.ts';
import type { Db, Tx } from '#server/db/client.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { type FollowingDeployment, listFollowing, tipsOf } from '#server/db/system/automatic-deploys.ts';
import { commitsOf, followedBranches, hasMoved, type Tips } from '#server/domain/automatic-deploy.ts';
import { activeStates, isOperation, waitingStates } from '#server/domain/release-machine.ts';
import { isAborted } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { SourceProvider } from '#server/source/types.ts';
import { inOrg, type Keys } from '#server/usecases/context.ts';
import { type PlanContext, planSnapshot, resolveSnapshot, type SnapshotPlan } from '#server/usecases/plan-snapshot.ts';
import { writeRelease } from '#server/usecases/write-release.ts';

export interface AutomaticDeployDeps {
  db: Db;
  keys: Keys;
  sources: SourceProvider;
  log: Logger;
}
type DeploymentRow = typeof deployments.$inferSelect;
const resolveLimitMs = 30_000;

const sameTips = (a: Tips | null, b: Tips | null): boolean => {
  if (a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};

/** One round over all deployments that follow their branches; answers the releases that it requested. */
export async function deployMovedBranches(deps: AutomaticDeployDeps, signal: AbortSignal): Promise<string[]> {
  const requested: string[] = [];
  for (let cursor: string | null = ''; cursor !== null && !signal.aborted;) {
    const page: Awaited<ReturnType<typeof listFollowing>> = await listFollowing(deps.db, cursor);
    for (const following of page.deployments) {
      if (signal.aborted) break;
      try {
        const made = await follow(deps, following, signal);
        if (made !== null) requested.push(made);
      } catch (error) {
        if (isAborted(error) && signal.aborted) break;
        // The next round asks again: nothing was recorded.
        deps.log.info('an automatic deploy could not be requested', { deployment: following.id, error });
      }
    }
    cursor = page.next;
  }
  return requested;
}

async function follow(
  deps: AutomaticDeployDeps,
  following: FollowingDeployment,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, orgId, asked } = following;
  const live = Object.fromEntries(following.live.map((one) => [one.componentId, one.commit]));
  const polled = await tipsOf(deps.db, following);
  if (!hasMoved({ live, asked, tips: polled })) return null;
  const ctx: PlanContext = { db: deps.db, keys: deps.keys, sources: deps.sources, actor: { orgId } };
  const plan = await planSnapshot(ctx, id, 'trigger');
  const limited = AbortSignal.any([signal, AbortSignal.timeout(resolveLimitMs)]);
  const { snapshot, failure } = await resolveSnapshot(ctx, plan, limited);
  // What is wrong in the code itself fails a release, to be seen; a host that does not answer is asked again.
  if (failure && failure.error.code !== 'manifest_invalid') throw failure.error;
  const followed = followedBranches(snapshot.components).map((one) => ({ ...one, commit: one.commit || (polled[one.componentId] ?? '') })); // prettier-ignore
  const tips = Object.fromEntries(followed.map((one) => [one.componentId, one.commit]));
  const moved = followed.filter((one) => live[one.componentId] !== one.commit);
  const ref = [...new Set(moved.map((one) => one.ref))].join(', ');
  return inOrg(ctx, async (tx) => {
    await lockDeployment(tx, id);
    const deployment = await stillFollowing(tx, orgId, plan, asked);
    if (!deployment || !hasMoved({ live, asked, tips })) return null;
    await tx
      .update(deployments)
      .set({ autoDeployed: tips })
      .where(and(eq(deployments.id, id), eq(deployments.orgId, orgId)));
    if (await isUnderWay(tx, orgId, id, tips)) return null;
    const made = await writeRelease(tx, { deployment, kind: 'deploy', snapshot, failure, trigger: { by: 'push', ref }, requestedBy: null, draftRevision: null }); // prettier-ignore
    return made.releaseId;
  });
}

/** The deployment, unless it was paused, switched or asked for by somebody else since it was looked at. */
async function stillFollowing(
  tx: Tx,
  orgId: string,
  plan: SnapshotPlan,
  asked: Tips | null,
): Promise<DeploymentRow | null> {
  const [row] = await tx
    .select()
    .from(deployments)
    .where(and(eq(deployments.id, plan.deployment.id), eq(deployments.orgId, orgId)))
    .for('update');
  if (!row?.autoDeploy || row.autoPausedReason !== null || row.power !== 'running' || row.deletedAt !== null) return null; // prettier-ignore
  return row.liveReleaseId === plan.live?.id && sameTips(row.autoDeployed, asked) ? row : null;
}

/** A person was faster: a release with these commits waits or works. */
async function isUnderWay(tx: Tx, orgId: string, deploymentId: string, tips: Tips): Promise<boolean> {
  const rows = await tx
    .select({ kind: releases.kind, state: releases.state, snapshot: releases.snapshot, failure: releases.failure })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), eq(releases.deploymentId, deploymentId), inArray(releases.state, [...waitingStates, ...activeStates]))); // prettier-ignore
  return rows.some((row) => {
    if (isOperation(row.kind) || row.state === 'cancelling' || row.failure !== null) return false;
    const commits = commitsOf(row.snapshot.components);
    return Object.entries(tips).every(([componentId, tip]) => commits[componentId] === tip);
  });
}
