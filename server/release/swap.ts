/**
 * One at a time: hold the component's requests at the edge, end the old instance, start the new one and wait until it is
 * ready. The routes then change in one step and let the held requests go. Until then everything can be taken back: the
 * new instance goes and the old one is started again. Each of the two is started only after the engine said of the other
 * that it does not run. It happens in `switching`, after the hook, so that nothing which may take long holds requests.
 */
import { eq, and } from 'drizzle-orm';
import { nextGeneration, releaseById } from '#server/db/publications.ts';
import { type InstanceRow, networkFor } from '#server/db/release-instances.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { ReportBase, SnapshotComponent } from '#server/domain/release.ts';
import { routedKinds } from '#server/domain/words.ts';
import { AppError, isAborted, isRetryable } from '#server/errors.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { InjectedCrash } from '#server/release/fault.ts';
import { prepareComponents, type PreparedComponent } from '#server/release/hand-over.ts';
import { consoleOf, instanceSpec, networkSpec } from '#server/release/instance-spec.ts';
import { previousRoutes, publishAndConfirm, trafficOf } from '#server/release/publish.ts';
import { untilReady } from '#server/release/ready.ts';
import { startInstances } from '#server/release/start-instances.ts';
import { markReady } from '#server/release/steps/check.ts';
import { type Swap, swapsOf } from '#server/release/turns.ts';
import { stopConfirmed } from '#server/release/stop-instance.ts';

/** How long the edge keeps requests waiting, and how many. Of real clients' patience, so it is not scaled. */
const hold = { limitMs: 30_000, maxRequests: 1000 };
/** What requests in flight may take of it, scaled; whatever is open then (a WebSocket) is cut. */
const drainMs = 10_000;
const pollMs = 50;

/** Replaces what runs one at a time; null when it is done. Runs again from its start after a takeover. */
export async function swapStep(ctx: StepContext): Promise<Extract<StepResult, { kind: 'failed' }> | null> {
  const { engine } = ctx;
  const swaps = (await swapsOf(ctx)).filter((swap) => swap.fresh.length > 0);
  if (swaps.length === 0) return null;
  const { prepared } = await prepareComponents(ctx);
  const base = await beginReport(ctx, swaps.map((swap) => swap.component.componentId)); // prettier-ignore
  engine.fault('swap.before_hold');
  await holdRoutes(ctx, swaps);
  engine.fault('swap.after_hold');
  const old = swaps.flatMap((swap) => swap.old);
  const ended = await letGo(ctx, old);
  await saveBase(ctx, { ...base, drained: (base.drained ?? 0) + ended.drained, cut: (base.cut ?? 0) + ended.cut });
  await Promise.all(swaps.map((swap) => stopAll(ctx, swap.old, swap.component)));
  engine.fault('swap.after_stop');
  for (const swap of swaps) {
    const sinceMs = ctx.elapsedMs();
    if (!(await startInstances(ctx, prepared, swap.fresh, () => engine.fault('swap.after_start'))))
      throw new AppError('unavailable', 'The network of the deployment was moved while something runs in it.');
    const onReady = (row: InstanceRow, component: SnapshotComponent): Promise<void> => markReady(ctx, row, component);
    const failed = await untilReady(ctx, swap.fresh, { sinceMs, onReady });
    if (failed) return failed;
  }
  engine.fault('swap.after_ready');
  return null;
}

/**
 * Takes a swap back, however far it came: holds the requests again, ends the new instances, and starts the old ones that
 * do not run. The caller publishes the previous routes, which lets the requests go.
 */
export async function undoSwaps(ctx: StepContext, removeInstance: (row: InstanceRow) => Promise<void>): Promise<void> {
  const begun = new Set(ctx.release.reportBase?.swapped ?? []);
  const swaps = (await swapsOf(ctx)).filter((swap) => begun.has(swap.component.componentId));
  if (swaps.length === 0) return;
  await holdRoutes(ctx, swaps);
  const fresh = swaps.flatMap((swap) => swap.fresh);
  await letGo(ctx, fresh);
  await Promise.all(fresh.map(removeInstance));
  ctx.engine.fault('swap.undo_removed');
  await bringBack(ctx, swaps);
  ctx.engine.fault('swap.undo_started');
}

const isRouted = ({ component, old }: Swap): boolean =>
  routedKinds.includes(component.kind) && old.some((row) => row.port !== null);

/** The routes that are in force, with requests of these components held. @throws AppError unavailable, conflict */
async function holdRoutes(ctx: StepContext, swaps: readonly Swap[]): Promise<void> {
  const keys = new Set(swaps.filter(isRouted).map((swap) => swap.component.componentId));
  if (keys.size === 0) return;
  const { orgId, deploymentId } = ctx.release;
  const generation = await ctx.write((tx) => nextGeneration(tx, orgId, deploymentId));
  const routes = await previousRoutes(ctx, generation);
  const targets = routes.targets.map((target) => (keys.has(target.key) ? { ...target, hold } : target));
  await publishAndConfirm(ctx, { ...routes, targets }, () => ctx.engine.fault('swap.before_hold_ack'));
}

/** Waits for what is in flight, within the limits, and cuts the rest. */
async function letGo(ctx: StepContext, rows: readonly InstanceRow[]): Promise<{ drained: number; cut: number }> {
  const names = rows.filter((row) => row.port !== null).map((row) => row.id);
  if (names.length === 0) return { drained: 0, cut: 0 };
  const { edge } = ctx.region;
  const until = ctx.elapsedMs() + drainMs * ctx.engine.timeScale;
  let most = 0;
  let last = 0;
  for (;;) {
    const { open } = await edge.drain(ctx.release.deploymentId, names, ctx.signal);
    most = Math.max(most, open);
    // Twice in a row: a request that was on its way when the hold began shows up at the second look.
    if ((open === 0 && last === 0) || ctx.elapsedMs() > until) break;
    last = open;
    await ctx.engine.clock.sleep(pollMs, ctx.signal);
  }
  const { cut } = await edge.remove(ctx.release.deploymentId, names, ctx.signal);
  return { drained: Math.max(0, most - cut), cut };
}

async function stopAll(ctx: StepContext, rows: readonly InstanceRow[], component: SnapshotComponent): Promise<void> {
  const { stopGraceSeconds } = component.settings.readiness;
  for (const row of rows) {
    ctx.say(`Stopping ${component.name}, instance ${row.ordinal + 1}: one at a time`);
    await stopConfirmed(ctx, row.id, stopGraceSeconds * 1000 * ctx.engine.timeScale);
  }
}

/** Starts old instances again, as fresh containers of the same specification. What cannot be brought back is said and left: the release has to end. */
async function bringBack(ctx: StepContext, swaps: readonly Swap[]): Promise<void> {
  const { engine, release, deployment } = ctx;
  const live = deployment.liveReleaseId === null ? null : await releaseById(engine.db, release.orgId, deployment.liveReleaseId); // prettier-ignore
  if (!live) return;
  const before: StepContext = { ...ctx, release: live };
  try {
    const { prepared } = await prepareComponents(before);
    for (const { component, old } of swaps) {
      const one = prepared.find((candidate) => candidate.component.componentId === component.componentId);
      for (const row of old) if (one) await startAgain(before, one, row);
      await untilReady(before, old, { components: live.snapshot.components, sinceMs: ctx.elapsedMs() }).then(
        (failed) => {
          if (failed)
            ctx.say(`${component.name} was started again and is not ready: ${failed.failure.message}`, 'error');
        },
      );
      for (const row of old) await ctx.region.instances.keepAlive(row.id, true, ctx.signal);
    }
  } catch (error) {
    const passing = error instanceof InjectedCrash || isRetryable(error) || isAborted(error) || ctx.signal.aborted;
    if (passing || (error instanceof AppError && ['fenced', 'conflict'].includes(error.code))) throw error;
    engine.log.error('an old instance could not be started again', { release: release.id, error });
    ctx.say('The previous instance could not be started again', 'error');
  }
}

async function startAgain(before: StepContext, one: PreparedComponent, row: InstanceRow): Promise<void> {
  const { engine, release } = before;
  const { instances } = before.region;
  const { phase } = await instances.inspect(row.id, before.signal);
  if (phase !== 'running' && phase !== 'restarting') {
    before.say(`Starting ${one.component.name}, instance ${row.ordinal + 1} again`, 'warn');
    await engine.consoles.finish(consoleOf(row), 2000);
    await instances.remove(row.id, before.signal);
    const network = networkSpec(before, await before.write((tx) => networkFor(tx, release, engine.subnetPool)));
    await instances.ensureNetwork(network, before.signal);
    const more = { image: one.artifact.reference, command: one.command, env: one.environment.values, network };
    await instances.start(instanceSpec(before, row, one.component, more, one.volumes), before.signal);
  }
  engine.consoles.follow(consoleOf(row));
}

/** Notes the counters and what is about to be replaced, once and before anything changes. */
async function beginReport(ctx: StepContext, swapped: readonly string[]): Promise<ReportBase> {
  const known = ctx.release.reportBase;
  if (known) return known;
  const base = { ...(await trafficOf(ctx)), at: ctx.engine.clock.now().toISOString(), swapped };
  await saveBase(ctx, base);
  return base;
}
const saveBase = (ctx: StepContext, reportBase: ReportBase): Promise<void> =>
  ctx.write(async (tx) => {
    const { id, orgId } = ctx.release;
    await tx
      .update(releases)
      .set({ reportBase })
      .where(and(eq(releases.id, id), eq(releases.orgId, orgId)));
  });
