/** Waits until every new instance is ready, or says why one is not. The limit counts from the state's first entry. */
import { sql } from 'drizzle-orm';
import { type InstanceRow, setInstances } from '#server/db/release-instances.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { startAgain, startMissing } from '#server/release/start-again.ts';
import { untilReady } from '#server/release/ready.ts';
import { firstInstances } from '#server/release/turns.ts';

export async function checkStep(ctx: StepContext): Promise<StepResult> {
  ctx.engine.fault('checking.before');
  const rows = await firstInstances(ctx);
  await startMissing(
    ctx,
    rows.filter((row) => row.restarts > 0),
  );
  const failed = await untilReady(ctx, rows, {
    onReady: (row, component) => markReady(ctx, row, component),
    onExit: (row, exits, message) => startAgain(ctx, row, exits, message),
  });
  if (failed) return failed;
  ctx.engine.fault('checking.before_commit');
  return { kind: 'done' };
}

/** Says and writes that the instance is ready. */
export async function markReady(ctx: StepContext, row: InstanceRow, component: SnapshotComponent): Promise<void> {
  await ctx.write((tx) =>
    setInstances(tx, ctx.release.orgId, [row.id], { state: 'ready', readyAt: sql`${ctx.engine.now()}` }),
  );
  ctx.say(`${component.name}, instance ${row.ordinal + 1} is ready`);
}
