/** Builds what no artifact exists for. An equal build key takes the artifact of an earlier build. */
import { randomBytes } from 'node:crypto';
import { artifactByKey, markArtifactRemoved, type ReleaseComponentRow, releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts'; // prettier-ignore
import { holdArtifact } from '#server/db/system/artifacts.ts';
import type { BuildEvent } from '#server/build/types.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { LogWriter } from '#server/logs/types.ts';
import { cacheNamespaceOf } from '#server/release/build-key.ts';
import { type StepContext, type StepFailure, type StepResult, workIdOf } from '#server/release/engine.ts';
import { releaseEnvironments } from '#server/release/environment.ts';
import { fail, lastLineCount } from '#server/release/failure.ts';
import { InjectedCrash } from '#server/release/fault.ts';

/** A worker may be lost in a build once; the next time the build itself is the likely reason. */
const attemptLimit = 2;
const leastMemoryMib = 256;

export async function buildStep(ctx: StepContext): Promise<StepResult> {
  if (kindRules[ctx.release.kind].build === 'never') return { kind: 'done' };
  ctx.engine.fault('building.before');
  const rows = await releaseComponentRows(ctx.engine.db, ctx.release.orgId, ctx.release.id);
  const notes: string[] = [];
  for (const component of ctx.release.snapshot.components) {
    const row = rows.get(component.componentId);
    if (!row) throw new Error(`Component ${component.componentId} was not fetched.`);
    if (row.artifactId !== null || row.built) continue;
    if (await reuse(ctx, component, row)) {
      notes.push(`${component.name}: the build of the same code and settings is used again`);
      continue;
    }
    const failure = await buildOne(ctx, component, row);
    if (failure) return failure;
    notes.push(`${component.name}: built`);
    ctx.engine.fault('building.after_build');
  }
  return { kind: 'done', note: notes.join('. ') };
}

const keyOf = (ctx: StepContext, component: SnapshotComponent) => ({
  orgId: ctx.release.orgId,
  releaseId: ctx.release.id,
  componentId: component.componentId,
});

/** True when an artifact of this key is there, in the engine too. */
async function reuse(ctx: StepContext, component: SnapshotComponent, row: ReleaseComponentRow): Promise<boolean> {
  if (row.buildKey === null) return false;
  const artifact = await artifactByKey(ctx.engine.db, ctx.release.orgId, row.buildKey);
  if (!artifact) return false;
  const imageId = await ctx.region.artifacts.find(artifact.reference, ctx.signal);
  return ctx.write(async (tx) => {
    if (!(await holdArtifact(tx, ctx.release.orgId, artifact.id))) return false;
    if (imageId === artifact.imageId)
      await setReleaseComponent(tx, keyOf(ctx, component), { artifactId: artifact.id, buildOutcome: 'reused' });
    else await markArtifactRemoved(tx, ctx.release.orgId, artifact.id);
    return imageId === artifact.imageId;
  });
}

async function buildOne(
  ctx: StepContext,
  component: SnapshotComponent,
  row: ReleaseComponentRow,
): Promise<{ kind: 'failed'; failure: StepFailure } | null> {
  const { engine, release } = ctx;
  if (row.plan === null) throw new Error(`Component ${component.componentId} has no plan.`);
  if (row.buildAttempts >= attemptLimit)
    return fail(
      'worker_lost',
      `The worker was lost twice while ${component.name} was built.`,
      'Deploy again; if it happens again, the build may need more memory than the machine has.',
      { componentId: component.componentId, fix: { kind: 'retry' } },
    );
  const count = (buildAttempts: number): Promise<void> =>
    ctx.write((tx) => setReleaseComponent(tx, keyOf(ctx, component), { buildAttempts }));
  await count(row.buildAttempts + 1);
  const { values } = (await releaseEnvironments(ctx, 'build', new Map())).of(component.name);
  const reference = `slipway/${randomBytes(16).toString('hex')}:1`;
  const lines = await openBuildLog(ctx, component);
  try {
    const result = await ctx.region.builds.build(
      {
        workId: workIdOf(ctx, component),
        cacheNamespace: cacheNamespaceOf(engine.keys.cache, release.orgId),
        plan: row.plan,
        buildArgs: values,
        reference,
        limits: {
          ...engine.buildLimits,
          memoryMib: Math.max(leastMemoryMib, Math.floor(engine.buildMemoryMib / ctx.place.buildSlots)),
          timeoutMs: engine.times.buildDeadline,
        },
      },
      lines.take,
      ctx.signal,
    );
    if (result.kind === 'failed') {
      const { code, message, advice } = result;
      return fail(code, message, advice, {
        componentId: component.componentId,
        lastLines: await lines.last(),
        fix: buildFix(component, code),
      });
    }
    const built = {
      imageId: result.imageId,
      reference,
      sizeBytes: result.sizeBytes,
      exposedPorts: result.exposedPorts,
    };
    await ctx.write((tx) => setReleaseComponent(tx, keyOf(ctx, component), { built, buildOutcome: 'built' }));
    return null;
  } catch (error) {
    // The worker is here and knows what happened: only a worker that vanished uses an attempt up.
    if (!(error instanceof InjectedCrash)) await count(row.buildAttempts).catch(() => undefined);
    throw error;
  } finally {
    await lines.writer.close();
  }
}

function buildFix({ componentId }: SnapshotComponent, code: string): StepFailure['fix'] & object {
  // A full disk is nobody's setting.
  if (code === 'builder_disk_full' || code === 'disk_full') return { kind: 'retry' };
  const path = code === 'dockerfile_missing' ? 'build.dockerfile' : code === 'build_failed' ? 'build.buildCommand' : 'build'; // prettier-ignore
  return { kind: 'setting', componentId, path };
}

interface BuildLog {
  writer: LogWriter;
  take: (event: BuildEvent) => void;
  last(): Promise<string[]>;
}
async function openBuildLog(ctx: StepContext, component: SnapshotComponent): Promise<BuildLog> {
  const { orgId, deploymentId, id: releaseId } = ctx.release;
  const { componentId } = component;
  const { logs } = ctx.engine;
  const writer = await logs.open({ orgId, deploymentId, releaseId, componentId, instanceId: null, kind: 'build' });
  return {
    writer,
    take: (event) => {
      if (event.kind === 'line')
        writer.write({ at: event.at, level: event.stream === 'stderr' ? 'warn' : 'info', text: event.text });
      else if (event.state !== 'done')
        writer.write({
          at: event.at,
          level: event.state === 'failed' ? 'error' : 'info',
          text: event.state === 'started' ? event.name : `${event.name} (${event.state})`,
        });
    },
    last: async () => {
      await writer.flush();
      return (await logs.tail(orgId, writer.streamId, lastLineCount)).map((line) => line.text);
    },
  };
}
