/** Starts the new instances beside the old ones, which keep serving; those whose turn comes with the switch wait for it. */
import { kindRules } from '#server/domain/release-machine.ts';
import { isHandOverWritten, prepareComponents, writeHandOver } from '#server/release/hand-over.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { startInstances } from '#server/release/start-instances.ts';
import { firstInstances, lastInstances, stillEnding, swapsOf } from '#server/release/turns.ts';
import { variableFailure } from '#server/release/variable-failure.ts';

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
  if (!(await startInstances(ctx, prepared, rows, () => engine.fault('starting.after_start'))))
    return { kind: 'wait', ms: 0, reason: null };
  if (kindRules[release.kind].start === 'none') return { kind: 'done' };
  const counts = [
    ...(rows.length > 0 ? [`Started ${rows.length} instances`] : []),
    ...(later.length > 0 ? [`${later.length} ${later.length === 1 ? 'starts' : 'start'} with the switch`] : []),
  ];
  return { kind: 'done', note: counts.length === 0 ? 'Every instance is carried over' : counts.join('; ') };
}
