/** Waits until instances are ready, or says why one is not. */
import type { InstanceRow } from '#server/db/release-instances.ts';
import { exitLimit, readinessOf, type ReadinessObservation, type ReadinessVerdict } from '#server/domain/readiness.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { AppError } from '#server/errors.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { fail, lastLineCount } from '#server/release/failure.ts';
import { consoleOf } from '#server/release/instance-spec.ts';

const pollMs = 100;
const probeLimitMs = 5000;

/** What is remembered of one instance between two looks. */
interface Watch {
  row: InstanceRow;
  component: SnapshotComponent;
  rightInARow: number;
  /** Since the first of the right answers in a row. */
  rightSince: number | null;
  /** How often it has ended. */
  exits: number;
  runningSince: number | null;
  ready: boolean;
  elapsedMs: () => number;
}
export interface ReadyOptions {
  /** Whose settings say what ready means; the release's own by default. */
  components?: readonly SnapshotComponent[];
  /** `ctx.elapsedMs()` from which the deadline counts; the entry of the state by default. */
  sinceMs?: number;
  onReady?: (row: InstanceRow, component: SnapshotComponent) => Promise<void>;
  /** Starts one again that ended for the given time; without it the first exit fails. */
  onExit?: (row: InstanceRow, exits: number, message: string) => Promise<void>;
}

/** Null once all are ready at the same time, else the failure of the first that is not. */
export async function untilReady(
  ctx: StepContext,
  rows: readonly InstanceRow[],
  { components = ctx.release.snapshot.components, sinceMs = 0, onReady, onExit }: ReadyOptions = {},
): Promise<Extract<StepResult, { kind: 'failed' }> | null> {
  const watches = rows.map((row): Watch => {
    const component = components.find((one) => one.componentId === row.componentId);
    if (!component) throw new AppError('internal', 'An instance of a component that the release does not have.');
    const exits = onExit ? row.restarts : exitLimit;
    return { row, component, rightInARow: 0, rightSince: null, exits, runningSince: null, ready: false, elapsedMs: () => ctx.elapsedMs() - sinceMs }; // prettier-ignore
  });
  for (const watch of watches) ctx.engine.consoles.follow(consoleOf(watch.row));
  while (watches.some((watch) => !watch.ready)) {
    for (const watch of watches) {
      const verdict = await look(ctx, watch);
      if (verdict.kind === 'failed') return await failed(ctx, watch, verdict);
      if (verdict.kind === 'again') {
        Object.assign(watch, { exits: watch.exits + 1, ready: false, rightInARow: 0, rightSince: null, runningSince: null }); // prettier-ignore
        await onExit?.(watch.row, watch.exits, verdict.message);
      }
      if (verdict.kind === 'ready' && !watch.ready) {
        watch.ready = true;
        await onReady?.(watch.row, watch.component);
      }
    }
    if (watches.some((watch) => !watch.ready)) await ctx.engine.clock.sleep(pollMs, ctx.signal);
  }
  return null;
}

/** One look; instances that are ready already are looked at again, because one may end while another starts. */
async function look(ctx: StepContext, watch: Watch): Promise<ReadinessVerdict> {
  const { component, row } = watch;
  const { readiness, size } = component.settings;
  const scale = ctx.engine.timeScale;
  const rules = {
    componentId: component.componentId,
    componentName: component.name,
    kind: component.kind,
    port: row.port,
    readiness,
    memoryMib: size.memoryMib,
    settleMs: readiness.settleSeconds * 1000 * scale,
    elapsedMs: watch.elapsedMs(),
    deadlineMs: readiness.deadlineSeconds * 1000 * scale,
  };
  const seen = await observe(ctx, watch);
  const verdict = readinessOf(rules, seen);
  if (watch.ready) return verdict.kind !== 'wait' && seen.phase !== 'running' ? verdict : { kind: 'ready' };
  const needsPorts = verdict.kind === 'failed' && seen.accepts === false;
  if (!needsPorts) return verdict;
  return readinessOf(rules, { ...seen, listening: await ctx.region.sessions.listening(row.id, ctx.signal) });
}

async function observe(ctx: StepContext, watch: Watch): Promise<ReadinessObservation> {
  const { row, component } = watch;
  const { sessions, instances } = ctx.region;
  const state = await instances.inspect(row.id, ctx.signal);
  const running = state.phase === 'running';
  const now = watch.elapsedMs();
  watch.runningSince = running ? (watch.runningSince ?? now) : null;
  const { http } = component.settings.readiness;
  const accepts =
    row.port === null
      ? null
      : running && !watch.ready && (await sessions.accepts(row.address, row.port, 1000, ctx.signal));
  let lastStatus: number | null = null;
  if (http && accepts && row.port !== null) {
    lastStatus = await sessions.httpStatus(
      row.address,
      row.port,
      http.path,
      probeLimitMs * ctx.engine.timeScale,
      ctx.signal,
    );
    const isRight = lastStatus === http.status;
    watch.rightInARow = isRight ? watch.rightInARow + 1 : 0;
    watch.rightSince = isRight ? (watch.rightSince ?? now) : null;
  }
  return {
    phase: state.phase,
    exitCode: state.exitCode,
    outOfMemory: state.outOfMemory,
    accepts,
    http: http ? { rightInARow: watch.rightInARow, rightForMs: now - (watch.rightSince ?? now), lastStatus } : null, // prettier-ignore
    listening: null,
    exits: watch.exits + (state.phase === 'exited' ? 1 : 0),
    aliveMs: watch.runningSince === null ? 0 : now - watch.runningSince,
  };
}

async function failed(
  ctx: StepContext,
  watch: Watch,
  verdict: Extract<ReadinessVerdict, { kind: 'failed' }>,
): Promise<Extract<StepResult, { kind: 'failed' }>> {
  const source = consoleOf(watch.row);
  // What an ended instance printed last may still be on its way.
  if (verdict.code === 'exited' || verdict.code === 'out_of_memory' || verdict.code === 'command_missing')
    await ctx.engine.consoles.finish(source, 2000);
  const lastLines = await ctx.engine.consoles.last(source, lastLineCount);
  const { code, message, advice, fix } = verdict;
  return fail(code, message, advice, { componentId: watch.component.componentId, lastLines, fix });
}
