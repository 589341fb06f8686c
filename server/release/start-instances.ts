/** Starts instances whose rows are written. Safe to repeat: what the engine knows already is adopted. */
import { type InstanceRow, moveNetwork, networkFor } from '#server/db/release-instances.ts';
import { AppError } from '#server/errors.ts';
import type { PreparedComponent } from '#server/release/hand-over.ts';
import type { StepContext } from '#server/release/engine.ts';
import { consoleOf, instanceSpec, networkSpec } from '#server/release/instance-spec.ts';
import { provideVolumes } from '#server/release/volumes.ts';
import type { NetworkSpec } from '#server/runtime/types.ts';

/**
 * True when the deployment's network is there; false when it was moved, because something that is not ours holds its
 * bridge or subnet. @throws AppError conflict when it is held and cannot be moved.
 */
async function ensureNetwork(ctx: StepContext, network: NetworkSpec): Promise<boolean> {
  const { engine, release } = ctx;
  try {
    await ctx.region.instances.ensureNetwork(network, ctx.signal);
    return true;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
    const { orgId, deploymentId, regionId, id: releaseId } = release;
    if (!(await ctx.write((tx) => moveNetwork(tx, { orgId, deploymentId, regionId, releaseId }, engine.subnetPool))))
      throw error;
    engine.log.warn('the network of a deployment was moved', { deployment: deploymentId, from: network.subnet });
    return false;
  }
}

/** Starts each row's instance; one that the engine knows is adopted, also when it has ended by now. False when the network was moved: the hand-over has to be decided again. */
export async function startInstances(
  ctx: StepContext,
  prepared: readonly PreparedComponent[],
  rows: readonly InstanceRow[],
  onStarted: (row: InstanceRow) => void = () => undefined,
): Promise<boolean> {
  const { engine, release } = ctx;
  if (rows.length === 0) return true;
  const network = networkSpec(ctx, await ctx.write((tx) => networkFor(tx, release, engine.subnetPool)));
  if (!(await ensureNetwork(ctx, network))) return false;
  for (const row of rows) {
    const one = prepared.find((candidate) => candidate.component.componentId === row.componentId);
    if (!one) continue;
    const { phase } = await ctx.region.instances.inspect(row.id, ctx.signal);
    if (phase === 'missing' || phase === 'created') {
      ctx.say(`Starting ${one.component.name}, instance ${row.ordinal + 1}`);
      await provideVolumes(ctx, one.volumes);
      const image = one.artifact.reference;
      const { command, environment } = one;
      await ctx.region.instances.start(
        instanceSpec(ctx, row, one.component, { image, command, env: environment.values, network }, one.volumes),
        ctx.signal,
      );
    }
    engine.consoles.follow(consoleOf(row));
    onStarted(row);
  }
  return true;
}
