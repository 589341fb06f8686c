/** Publishes routes of a deployment and waits until every edge in rotation has them. */
import { releaseById } from '#server/db/publications.ts';
import { type InstanceRow, instancesOfRelease, liveInstances } from '#server/db/release-instances.ts';
import { isOperation } from '#server/domain/release-machine.ts';
import { notDeployedRoutes, routesOf } from '#server/domain/routes.ts';
import type { ReleaseReport, ReportBase, SnapshotComponent } from '#server/domain/release.ts';
import type { Publication, TrafficCount } from '#server/edge/types.ts';
import type { StepContext } from '#server/release/engine.ts';

const pollMs = 50;

/** @param instances in order of their ids, so that a repeated publication is the same one. */
export const publicationOf = (
  ctx: StepContext,
  generation: number,
  releaseId: string,
  components: readonly SnapshotComponent[],
  instances: readonly InstanceRow[],
): Publication => ({
  deploymentId: ctx.release.deploymentId,
  releaseId,
  generation,
  ...routesOf(components, instances, ctx.deployment.handle, ctx.place.appsDomain, restReason(ctx)),
});

/** Why a host without instances does not answer. */
function restReason({ deployment, release }: StepContext): 'stopped' | 'suspended' {
  if (deployment.power === 'trashed' || deployment.power === 'deleting') return 'stopped';
  return deployment.power === 'suspended' || release.kind === 'resume' ? 'suspended' : 'stopped';
}

/** Says at every host of the deployment that nothing is deployed yet. */
export const notDeployedPublication = (ctx: StepContext, generation: number): Publication => ({
  deploymentId: ctx.release.deploymentId,
  releaseId: ctx.release.id,
  generation,
  ...notDeployedRoutes(ctx.release.snapshot.components, ctx.deployment.handle, ctx.place.appsDomain),
});

/** What was there before the release, under a new number. */
export async function previousRoutes(ctx: StepContext, generation: number): Promise<Publication> {
  const { engine, release, deployment } = ctx;
  const { liveReleaseId } = deployment;
  const live = liveReleaseId === null ? null : await releaseById(engine.db, release.orgId, liveReleaseId);
  if (!live) return notDeployedPublication(ctx, generation);
  const serving = isOperation(release.kind)
    ? await liveInstances(engine.db, release)
    : (await instancesOfRelease(engine.db, release.orgId, live.id)).filter((row) => row.state === 'live');
  return publicationOf(ctx, generation, live.id, live.snapshot.components, serving);
}

/** Resolves when the generation is in force. @throws AppError conflict (refused), unavailable */
export async function publishAndConfirm(ctx: StepContext, publication: Publication, onSent: () => void): Promise<void> {
  await ctx.routing.edge.publish(publication, ctx.signal);
  onSent();
  for (;;) {
    const confirmed = await ctx.routing.edge.confirmed(publication.deploymentId, ctx.signal);
    if (confirmed !== null && confirmed >= publication.generation) return;
    await ctx.engine.clock.sleep(pollMs, ctx.signal);
  }
}

/** Requests, failures and held requests of all components of the deployment. */
export async function trafficOf(ctx: StepContext): Promise<Pick<TrafficCount, 'requests' | 'failed' | 'held'>> {
  const counts = Object.values(await ctx.region.edge.traffic(ctx.release.deploymentId, ctx.signal));
  return {
    requests: counts.reduce((sum, one) => sum + one.requests, 0),
    failed: counts.reduce((sum, one) => sum + one.failed, 0),
    held: counts.reduce((sum, one) => sum + one.held, 0),
  };
}

/** What was counted between the two: requests that got an answer, those that did not, and those that waited for theirs. */
export function countedSince(
  traffic: Awaited<ReturnType<typeof trafficOf>>,
  base: ReportBase | null,
): Pick<ReleaseReport, 'servedRequests' | 'failedRequests' | 'heldRequests'> {
  if (!base) return { servedRequests: 0, failedRequests: 0, heldRequests: 0 };
  const failedRequests = Math.max(0, traffic.failed - base.failed);
  return {
    servedRequests: Math.max(0, traffic.requests - base.requests - failedRequests),
    failedRequests,
    heldRequests: Math.max(0, traffic.held - (base.held ?? 0)),
  };
}
