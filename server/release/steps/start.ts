/**
 * Starts the new instances beside the old ones, which keep serving; those whose turn comes with the switch wait for it.
 * New add-ons come first and are waited for.
 */
import type { InstanceRow } from '#server/db/release-instances.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { isHandOverWritten, prepareComponents, writeHandOver } from '#server/release/hand-over.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { untilReady } from '#server/release/ready.ts';
import { startInstances } from '#server/release/start-instances.ts';
import { markReady } from '#server/release/steps/check.ts';
import { firstInstances, lastInstances, stillEnding, swapsOf } from '#server/release/turns.ts';
import { variableFailure } from '#server/release/variable-failure.ts';

const isAddOn = ({ release }: StepContext, row: InstanceRow): boolean =>
  release.snapshot.components.find((one) => one.componentId === row.componentId)?.kind === 'add-on';

/** What the others connect to when they start, and hooks too: it has to be ready, and its name has to resolve. */
async function untilReachable(ctx: StepContext, rows: readonly InstanceRow[]): ReturnType<typeof untilReady> {
  if (rows.length === 0) return null;
  const onReady = (row: InstanceRow, component: SnapshotComponent): Promise<void> => markReady(ctx, row, component);
  const failed = await untilReady(ctx, rows, { sinceMs: ctx.elapsedMs(), onReady });
  if (failed) return failed;
  for (const row of rows) await ctx.region.instances.keepAlive(row.id, true, ctx.signal);
  return null;
}

export async function startStep(ctx: StepContext): Promise<StepResult> {
  const { engine, release } = ctx;
  const { prepared, environments } = await prepareComponents(ctx);
  const [problem] = environments.problems;
  if (problem) return variableFailure(problem);
  if (!(await isHandOverWritten(ctx))) {
    const waiting = await writeHandOver(ctx, prepared);
    if (waiting) return waiting;
  }
  engine.fault('starting.after_rows');
  const rows = await firstInstances(ctx);
  const later = [...(await swapsOf(ctx)).flatMap((swap) => swap.fresh), ...(await lastInstances(ctx))];
  const [ending] = await stillEnding(ctx, [...rows, ...later]);
  if (ending)
    return { kind: 'wait', ms: 500 * engine.timeScale, reason: `Waits until the last instance of ${ending.name} has ended: it runs one at a time.` }; // prettier-ignore
  const addOns = rows.filter((row) => isAddOn(ctx, row));
  const others = rows.filter((row) => !isAddOn(ctx, row));
  const onStarted = (): void => engine.fault('starting.after_start');
  if (!(await startInstances(ctx, prepared, addOns, onStarted))) return { kind: 'wait', ms: 0, reason: null };
  const failed = await untilReachable(ctx, addOns);
  if (failed) return failed;
  if (!(await startInstances(ctx, prepared, others, onStarted))) return { kind: 'wait', ms: 0, reason: null };
  if (kindRules[release.kind].start === 'none') return { kind: 'done' };
  const counts = [
    ...(rows.length > 0 ? [`Started ${rows.length} instances`] : []),
    ...(later.length > 0 ? [`${later.length} ${later.length === 1 ? 'starts' : 'start'} with the switch`] : []),
  ];
  return { kind: 'done', note: counts.length === 0 ? 'Every instance is carried over' : counts.join('; ') };
}
