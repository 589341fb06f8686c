/** Starts an instance again that ended before it was ready. How often it ended is in its row, for a worker that takes over. */
import { type InstanceRow, noteExits } from '#server/db/release-instances.ts';
import { AppError } from '#server/errors.ts';
import type { StepContext } from '#server/release/engine.ts';
import { prepareComponents } from '#server/release/hand-over.ts';
import { consoleOf } from '#server/release/instance-spec.ts';
import { startInstances } from '#server/release/start-instances.ts';

/** Between an exit and the next start, by how often it ended. */
const pausesMs = [500, 2000] as const;

/** Reads its output to the end, removes it, and starts it after a pause. @throws AppError unavailable */
export async function startAgain(ctx: StepContext, row: InstanceRow, exits: number, message: string): Promise<void> {
  const { engine, release } = ctx;
  ctx.say(message, 'warn');
  await engine.consoles.finish(consoleOf(row), 2000);
  await ctx.write((tx) => noteExits(tx, release.orgId, row.id, exits));
  await ctx.region.instances.remove(row.id, ctx.signal);
  await engine.clock.sleep((pausesMs[exits - 1] ?? pausesMs[1]) * engine.timeScale, ctx.signal);
  await startMissing(ctx, [row]);
}

/** What was removed to be started again and is not there: the worker before may have died in between. */
export async function startMissing(ctx: StepContext, rows: readonly InstanceRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { prepared } = await prepareComponents(ctx);
  if (!(await startInstances(ctx, prepared, rows)))
    throw new AppError('unavailable', 'The network of the deployment was moved meanwhile.');
}
