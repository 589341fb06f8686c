/** The end of an instance, confirmed by the engine. */
import { AppError } from '#server/errors.ts';
import type { StepContext } from '#server/release/engine.ts';

/**
 * Resolves when the engine says that the instance does not run and will not by itself: neither after a crash nor after a
 * reboot. @throws AppError unavailable when it still runs: try again.
 */
export async function stopConfirmed(ctx: StepContext, instanceId: string, graceMs: number): Promise<void> {
  const { instances } = ctx.region;
  await instances.keepAlive(instanceId, false, ctx.signal);
  await instances.stop(instanceId, graceMs, ctx.signal);
  const { phase } = await instances.inspect(instanceId, ctx.signal);
  if (phase === 'running' || phase === 'restarting')
    throw new AppError('unavailable', 'The engine did not end an instance.');
}
