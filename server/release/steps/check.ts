/** Waits until every new instance is ready, or says why one is not. The limit counts from the state's first entry. */
import { type InstanceRow, setInstances } from '#server/db/release-instances.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { untilReady } from '#server/release/ready.ts';
import { firstInstances } from '#server/release/turns.ts';

export async function checkStep(ctx: StepContext): Promise<StepResult> {
  ctx.engine.fault('checking.before');
  const failed = await untilReady(ctx, await firstInstances(ctx), {
    onReady: (row, component) => markReady(ctx, row, component),
  });
  if (failed) return failed;
  ctx.engine.fault('checking.before_commit');
  return { kind: 'done' };
}

/** Says and writes that the instance is ready. */
export async function markReady(ctx: StepContext, row: InstanceRow, component: SnapshotComponent): Promise<void> {
  await ctx.write((tx) => setInstances(tx, ctx.release.orgId, [row.id], { state: 'ready', readyAt: new Date() }));
  ctx.say(`${component.name}, instance ${row.ordinal + 1} is ready`);
}
