/**
 * Takes back what a release did before it ends as failed, aborted or superseded: previous routes first, if it had
 * published, then its instances, its builds and its folder. Safe to run again from the start.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { nextGeneration } from '#server/db/publications.ts';
import { type InstanceRow, markRemoved, startedInstances, unlinkInstances } from '#server/db/release-instances.ts'; // prettier-ignore
import { isAborted, isRetryable } from '#server/errors.ts';
import { type StepContext, type StepResult, workIdOf } from '#server/release/engine.ts';
import { addressRestMs, consoleOf } from '#server/release/instance-spec.ts';
import { previousRoutes, publishAndConfirm } from '#server/release/publish.ts';
import { stopConfirmed } from '#server/release/stop-instance.ts';
import { undoSwaps } from '#server/release/swap.ts';

const pollMs = 100;
/** Requests that reached the new instances meanwhile may finish this long. */
const drainMs = 5000;
const noticeLimitMs = 5000;

export async function undoStep(ctx: StepContext): Promise<StepResult> {
  const { engine, release } = ctx;
  engine.fault('undo.before');
  await undoSwaps(ctx, (row) => removeInstance(ctx, row));
  if (release.routeGeneration !== null || release.reportBase !== null) await restoreRoutes(ctx);
  else if (ctx.deployment.liveReleaseId === null) await publishNotice(ctx);
  engine.fault('undo.before_remove');
  const rows = await startedInstances(engine.db, release.orgId, release.id);
  await Promise.all(rows.map((row) => removeInstance(ctx, row)));
  for (const component of release.snapshot.components)
    await ctx.region.builds.discard(workIdOf(ctx, component), ctx.signal);
  await rm(path.join(engine.workDir, release.id), { recursive: true, force: true });
  engine.fault('undo.before_commit');
  return { kind: 'done', commit: (tx) => unlinkInstances(tx, release.orgId, release.id) };
}

/**
 * Publishes what was there before as the next generation and waits for it: until then both sets of instances stay. Each
 * try takes a generation of its own, so that a repeated undo never says something else under a number already used.
 */
async function restoreRoutes(ctx: StepContext): Promise<void> {
  const { engine, release } = ctx;
  const generation = await ctx.write((tx) => nextGeneration(tx, release.orgId, release.deploymentId));
  await publishAndConfirm(ctx, await previousRoutes(ctx, generation), () => undefined);
  if (release.routeGeneration === null) return;
  ctx.say('The previous routes are in force again', 'warn');
  const names = (await startedInstances(engine.db, release.orgId, release.id)).map((row) => row.id);
  if (names.length === 0) return;
  const until = ctx.elapsedMs() + drainMs * engine.timeScale;
  while ((await ctx.region.edge.drain(release.deploymentId, names, ctx.signal)).open > 0 && ctx.elapsedMs() < until)
    await engine.clock.sleep(pollMs, ctx.signal);
  await ctx.region.edge.remove(release.deploymentId, names, ctx.signal);
}

/** Before the first live release a page says so; an edge that is away must not keep the release from ending. */
async function publishNotice(ctx: StepContext): Promise<void> {
  try {
    await restoreRoutes({ ...ctx, signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(noticeLimitMs)]) });
  } catch (error) {
    if (ctx.signal.aborted || !(isRetryable(error) || isAborted(error))) throw error;
    ctx.engine.log.warn('the page of a deployment without a release was not published', {
      release: ctx.release.id,
      error,
    });
  }
}

async function removeInstance(ctx: StepContext, row: InstanceRow): Promise<void> {
  const { engine, release } = ctx;
  const grace = row.role === 'hook' ? 0 : 2000;
  await stopConfirmed(ctx, row.id, grace * engine.timeScale);
  await engine.consoles.finish(consoleOf(row), 2000);
  await ctx.region.instances.remove(row.id, ctx.signal);
  await ctx.write((tx) => markRemoved(tx, engine.now, release.orgId, row.id, addressRestMs * engine.timeScale));
}
