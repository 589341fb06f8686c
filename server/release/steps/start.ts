/** Starts the new instances beside the old ones, which keep serving. */
import { moveNetwork, networkFor, startedInstances } from '#server/db/release-instances.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import { AppError } from '#server/errors.ts';
import { isHandOverWritten, type PreparedComponent, prepareComponents, writeHandOver } from '#server/release/hand-over.ts'; // prettier-ignore
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { consoleOf, instanceSpec, networkSpec } from '#server/release/instance-spec.ts';
import type { NetworkSpec } from '#server/runtime/types.ts';
import { variableFailure } from '#server/release/variable-failure.ts';
import { provideVolumes } from '#server/release/volumes.ts';

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
  const count = await startAll(ctx, prepared);
  if (count === null) return { kind: 'wait', ms: 0, reason: null };
  if (kindRules[release.kind].start === 'none') return { kind: 'done' };
  return { kind: 'done', note: count === 0 ? 'Every instance is carried over' : `Started ${count} instances` };
}

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

/** Starts each row's instance; one that the engine knows already is adopted, also when it has ended by now. Null when the network was moved. */
async function startAll(ctx: StepContext, prepared: readonly PreparedComponent[]): Promise<number | null> {
  const { engine, release } = ctx;
  const rows = (await startedInstances(engine.db, release.orgId, release.id)).filter((row) => row.role === 'serving');
  if (rows.length === 0) return 0;
  const network = networkSpec(ctx, await ctx.write((tx) => networkFor(tx, release, engine.subnetPool)));
  if (!(await ensureNetwork(ctx, network))) return null;
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
    engine.fault('starting.after_start');
  }
  return rows.length;
}
