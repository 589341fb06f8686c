/**
 * Decides once what a release keeps and what it starts, and writes it: spec hashes, rows of the new instances with their
 * addresses, and the links of the ones that are carried over. From then on every worker reads the same decision.
 */
import { addInstance, freeAddresses, instancesOfRelease, linkInstances, liveInstances, networkFor, promisedMemoryMib } from '#server/db/release-instances.ts'; // prettier-ignore
import { artifactById, type ArtifactRow, releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts'; // prettier-ignore
import type { VolumeRow } from '#server/db/volumes.ts';
import { admit } from '#server/domain/admission.ts';
import { handOverOf } from '#server/domain/hand-over.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import { type HandOverPlan, planHandOver, specDocument } from '#server/domain/spec.ts';
import type { ResolvedEnvironment } from '#server/domain/variables.ts';
import { standingKinds } from '#server/domain/words.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { specHashOf } from '#server/release/build-key.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { type Environments, releaseEnvironments } from '#server/release/environment.ts';
import { volumesOf } from '#server/release/volumes.ts';

/** A component of the release with all that its instances are made of. */
export interface PreparedComponent {
  component: SnapshotComponent;
  artifact: ArtifactRow;
  port: number | null;
  /** Start command, the setting before the plan's; null keeps the image's. */
  command: string | null;
  environment: ResolvedEnvironment;
  /** Storage that its instance gets. */
  volumes: readonly VolumeRow[];
  specHash: string;
}

/** @throws AppError internal when an artifact is missing: the steps before make them. */
export async function prepareComponents(
  ctx: StepContext,
): Promise<{ prepared: PreparedComponent[]; environments: Environments }> {
  const { release, engine } = ctx;
  const rows = await releaseComponentRows(engine.db, release.orgId, release.id);
  const ports = new Map([...rows].map(([componentId, row]) => [componentId, row.port]));
  const environments = await releaseEnvironments(ctx, 'run', ports);
  const prepared: PreparedComponent[] = [];
  for (const component of release.snapshot.components) {
    const row = rows.get(component.componentId);
    const artifact = row?.artifactId ? await artifactById(engine.db, release.orgId, row.artifactId) : null;
    if (!row || !artifact) throw new AppError('internal', `${component.name} has no artifact.`);
    const command = component.settings.run.command ?? row.plan?.command ?? null;
    const environment = environments.of(component.name);
    const volumes = await volumesOf(ctx, component);
    const document = specDocument({
      componentName: component.name,
      image: artifact.imageId,
      command,
      port: row.port,
      cpuMillis: component.settings.size.cpuMillis,
      memoryMib: component.settings.size.memoryMib,
      volumes: volumes.map((one) => `${one.id}:${one.path}`),
      uses: environment.uses,
    });
    prepared.push({
      component,
      artifact,
      port: row.port,
      command,
      environment,
      volumes,
      specHash: specHashOf(document),
    });
  }
  return { prepared, environments };
}

const isStanding = (one: PreparedComponent): boolean => standingKinds.includes(one.component.kind);

/** The plan of carried and new instances against what runs now. */
async function decide(ctx: StepContext, prepared: readonly PreparedComponent[]): Promise<HandOverPlan> {
  const { release, engine } = ctx;
  const rule = kindRules[release.kind].start;
  const affected = new Set(release.snapshot.affects ?? release.snapshot.components.map((one) => one.componentId));
  const serving = await Promise.all(
    (await liveInstances(engine.db, release)).map(async (row) => {
      const state = await ctx.region.instances.inspect(row.id, ctx.signal);
      return { id: row.id, componentId: row.componentId, specHash: row.specHash, running: state.phase === 'running' };
    }),
  );
  if (rule === 'none') return { carried: [], starts: [] };
  return planHandOver(
    prepared.filter(isStanding).map((one) => ({
      componentId: one.component.componentId,
      specHash: one.specHash,
      count: one.component.settings.instances,
      fresh: rule === 'affected' && affected.has(one.component.componentId),
    })),
    serving,
  );
}

/** Writes the decision, or says why it has to wait: memory, or addresses that still rest. Null when it was written. */
export async function writeHandOver(
  ctx: StepContext,
  prepared: readonly PreparedComponent[],
): Promise<Extract<StepResult, { kind: 'wait' }> | null> {
  const { release, engine } = ctx;
  const plan = await decide(ctx, prepared);
  const byId = new Map(prepared.map((one) => [one.component.componentId, one]));
  const live = new Set((await liveInstances(engine.db, release)).map((row) => row.componentId));
  const neededMib = plan.starts.reduce((sum, start) => {
    const component = byId.get(start.componentId)?.component;
    // What replaces its predecessor starts in the memory that this one leaves.
    if (!component || (handOverOf(component) === 'single' && live.has(component.componentId))) return sum;
    return sum + component.settings.size.memoryMib;
  }, 0);
  const { memoryFreeMib } = await ctx.region.capacity.capacity(ctx.signal);
  const promisedMib = await promisedMemoryMib(engine.db, release.regionId, release.id);
  const admission = admit({ freeMib: memoryFreeMib, promisedMib, neededMib });
  if (neededMib > 0 && admission.kind === 'waiting')
    return { kind: 'wait', ms: 2000 * engine.timeScale, reason: admission.reason };
  return ctx.write(async (tx) => {
    const network = await networkFor(tx, release, engine.subnetPool);
    const addresses = await freeAddresses(tx, engine.now, network, plan.starts.length);
    if (!addresses)
      return { kind: 'wait', ms: 5000 * engine.timeScale, reason: 'Waits for an address: recently used ones rest for 10 minutes.' }; // prettier-ignore
    const started: string[] = [];
    for (const [index, start] of plan.starts.entries()) {
      const one = byId.get(start.componentId);
      const address = addresses[index];
      if (!one || address === undefined) throw new AppError('internal', 'The hand-over names an unknown component.');
      const id = newId('instance');
      started.push(id);
      await addInstance(tx, {
        id, orgId: release.orgId, deploymentId: release.deploymentId, componentId: start.componentId, startedBy: release.id,
        ordinal: start.ordinal, specHash: one.specHash, address, port: one.port,
        cpuMillis: one.component.settings.size.cpuMillis, memoryMib: one.component.settings.size.memoryMib,
      }); // prettier-ignore
    }
    await linkInstances(tx, release.orgId, release.id, [...plan.carried, ...started]);
    for (const one of prepared) {
      const key = { orgId: release.orgId, releaseId: release.id, componentId: one.component.componentId };
      await setReleaseComponent(tx, key, { specHash: one.specHash });
    }
    return null;
  });
}

/** True once the decision was written. */
export async function isHandOverWritten(ctx: StepContext): Promise<boolean> {
  const rows = await releaseComponentRows(ctx.engine.db, ctx.release.orgId, ctx.release.id);
  const written = ctx.release.snapshot.components.every((one) => rows.get(one.componentId)?.specHash != null);
  return (
    written &&
    (rows.size > 0 || (await instancesOfRelease(ctx.engine.db, ctx.release.orgId, ctx.release.id)).length > 0)
  );
}
