/**
 * Moves all traffic of the deployment to the release: one generation of routes. Before the edge is asked the generation
 * is written, which is the point after which an abort is refused; after every edge confirmed, one transaction makes the
 * release live and what it replaces retiring. A refusal is a failure, and undoing publishes the previous routes.
 */
import { and, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { releaseById, takeGeneration } from '#server/db/publications.ts';
import { type InstanceRow, instancesOfRelease, linkInstances, liveInstances } from '#server/db/release-instances.ts';
import { applyEvent } from '#server/db/releases.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { isOperation, kindRules } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { AppError } from '#server/errors.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { fail } from '#server/release/failure.ts';
import { prepareComponents } from '#server/release/hand-over.ts';
import { keepScale } from '#server/release/keep-scale.ts';
import { countedSince, publicationOf, publishAndConfirm, trafficOf } from '#server/release/publish.ts';
import { untilReady } from '#server/release/ready.ts';
import { startInstances } from '#server/release/start-instances.ts';
import { markReady } from '#server/release/steps/check.ts';
import { swapStep } from '#server/release/swap.ts';
import { lastInstances } from '#server/release/turns.ts';

export async function switchStep(ctx: StepContext): Promise<StepResult> {
  const { engine, release } = ctx;
  if (release.routeGeneration === null) {
    const failed = await swapStep(ctx);
    if (failed) return failed;
  }
  const serving = await servingAfter(ctx);
  const last = await lastInstances(ctx);
  const late = new Set(last.map((row) => row.id));
  for (const row of serving)
    if (row.state !== 'live' && !late.has(row.id)) await ctx.region.instances.keepAlive(row.id, true, ctx.signal);
  engine.fault('switching.before_publish');
  const before = release.routeGeneration === null ? await trafficOf(ctx) : null;
  const at = engine.clock.now().toISOString();
  const { generation, base } = await ctx.write((tx) => takeGeneration(tx, release, before && { ...before, at }));
  const shownAs = isOperation(release.kind) ? (ctx.deployment.liveReleaseId ?? release.id) : release.id;
  const publication = publicationOf(ctx, generation, shownAs, release.snapshot.components, serving);
  try {
    await publishAndConfirm(ctx, publication, () => engine.fault('switching.before_ack'));
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict')
      return fail(
        'edge_refused',
        'The edge refused the new routes.',
        'The previous release keeps serving. Check hosts and paths of the components, then deploy again.',
        { fix: { kind: 'retry' } },
      );
    throw error;
  }
  const failed = await startLast(ctx, last);
  if (failed) return failed;
  engine.fault('switching.before_commit');
  const traffic = await trafficOf(ctx);
  const report = {
    ...countedSince(traffic, base),
    drainedConnections: base?.drained ?? 0,
    cutConnections: base?.cut ?? 0,
    switchMs: Math.max(0, engine.clock.now().getTime() - Date.parse(base?.at ?? at)),
  };
  return {
    kind: 'done',
    note: `Traffic switched in ${report.switchMs} ms`,
    patch: { report, previousReleaseId: isOperation(release.kind) ? null : ctx.deployment.liveReleaseId },
    commit: (tx) => commitSwitch(ctx, tx, serving),
  };
}

/** Workers that start after the switch. One that does not stay up fails the release: it is live only once this is done. */
async function startLast(ctx: StepContext, rows: readonly InstanceRow[]): Promise<StepResult | null> {
  if (rows.length === 0) return null;
  const { prepared } = await prepareComponents(ctx);
  const sinceMs = ctx.elapsedMs();
  if (!(await startInstances(ctx, prepared, rows, () => ctx.engine.fault('last.after_start'))))
    throw new AppError('unavailable', 'The network of the deployment was moved while something runs in it.');
  const onReady = (row: InstanceRow, component: SnapshotComponent): Promise<void> => markReady(ctx, row, component);
  const failed = await untilReady(ctx, rows, { sinceMs, onReady });
  if (failed) return failed;
  for (const row of rows) await ctx.region.instances.keepAlive(row.id, true, ctx.signal);
  return null;
}

/** Instances that serve once the release is live; an operation leaves alone what it does not affect. */
async function servingAfter(ctx: StepContext): Promise<InstanceRow[]> {
  const { engine, release } = ctx;
  const own = await instancesOfRelease(engine.db, release.orgId, release.id);
  if (!isOperation(release.kind) || kindRules[release.kind].start === 'none') return own;
  const affected = new Set(release.snapshot.affects ?? release.snapshot.components.map((one) => one.componentId));
  const others = (await liveInstances(engine.db, release)).filter((row) => !affected.has(row.componentId));
  const ids = new Set(own.map((row) => row.id));
  return [...own, ...others.filter((row) => !ids.has(row.id))].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function commitSwitch(ctx: StepContext, tx: Tx, serving: readonly InstanceRow[]): Promise<void> {
  const { engine, release, deployment } = ctx;
  const { orgId, deploymentId } = release;
  const previous = isOperation(release.kind) || deployment.liveReleaseId === null ? null : await releaseById(tx, orgId, deployment.liveReleaseId); // prettier-ignore
  const ids = serving.map((row) => row.id);
  const here = and(eq(instances.orgId, orgId), eq(instances.deploymentId, deploymentId), eq(instances.role, 'serving'));
  if (ids.length > 0)
    await tx
      .update(instances)
      .set({ state: 'live' })
      .where(and(here, inArray(instances.id, ids)));
  await tx
    .update(instances)
    .set({ state: 'draining', retiredBy: previous?.id ?? release.id })
    .where(and(here, eq(instances.state, 'live'), ids.length > 0 ? notInArray(instances.id, ids) : undefined));
  if (isOperation(release.kind)) {
    if (deployment.liveReleaseId !== null) await linkInstances(tx, orgId, deployment.liveReleaseId, ids);
    await keepScale(tx, release, deployment.liveReleaseId);
    return;
  }
  await tx
    .update(deployments)
    // Suspended or put into the trash while traffic switched: it goes live, and is suspended then.
    .set({
      liveReleaseId: release.id,
      power: sql`case when ${deployments.power} in ('trashed', 'deleting', 'suspended') then ${deployments.power} else 'running' end`,
    })
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)));
  if (previous?.state === 'live') await applyEvent(tx, engine.now, { release: previous, event: 'replaced' });
}
