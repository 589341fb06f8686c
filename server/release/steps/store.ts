/** Brings built images into the runtime engine. The artifact's row appears only after the image was read back there. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { addArtifact, artifactById, type ReleaseComponentRow, releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts'; // prettier-ignore
import type { SnapshotComponent } from '#server/domain/release.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { type StepContext, type StepResult, workIdOf } from '#server/release/engine.ts';

/** Kinds that listen get this port when no setting, plan or image names one; they learn it from `PORT`. */
const defaultPort = 3000;

export async function storeStep(ctx: StepContext): Promise<StepResult> {
  const { engine, release } = ctx;
  engine.fault('storing.before');
  const rows = await releaseComponentRows(engine.db, release.orgId, release.id);
  for (const component of release.snapshot.components) {
    const row = rows.get(component.componentId);
    if (!row) continue; // kinds that never build got their artifacts with the request
    const artifactId = row.artifactId ?? (await storeOne(ctx, row));
    const artifact = await artifactById(engine.db, release.orgId, artifactId);
    const port = portOf(component, row.plan?.port ?? null, artifact?.exposedPorts ?? []);
    const key = { orgId: release.orgId, releaseId: release.id, componentId: component.componentId };
    await ctx.write((tx) => setReleaseComponent(tx, key, { artifactId, port }));
  }
  engine.fault('storing.after_store');
  if (kindRules[release.kind].build !== 'never') await tidy(ctx);
  return { kind: 'done' };
}

async function storeOne(ctx: StepContext, row: ReleaseComponentRow): Promise<string> {
  const { built, buildKey } = row;
  if (!built || buildKey === null) throw new AppError('internal', 'Nothing was built to be stored.');
  await ctx.region.builds.store(built.imageId, built.reference, ctx.signal);
  const imageId = await ctx.region.artifacts.find(built.reference, ctx.signal);
  if (imageId !== built.imageId) throw new AppError('unavailable', 'The image did not arrive in the engine.');
  const { orgId, projectId } = ctx.release;
  const artifact = await ctx.write((tx) =>
    addArtifact(tx, {
      id: newId('artifact'), orgId, projectId, buildKey, imageId, reference: built.reference,
      sizeBytes: built.sizeBytes, exposedPorts: built.exposedPorts,
    }),
  ); // prettier-ignore
  // Another release of the same key was faster: its image is the artifact, this one is not needed.
  if (artifact.reference !== built.reference) await ctx.region.artifacts.remove(built.reference, ctx.signal);
  return artifact.id;
}

function portOf(component: SnapshotComponent, planned: number | null, exposed: readonly number[]): number | null {
  if (component.kind === 'worker' || component.kind === 'job' || component.kind === 'cron') return null;
  return component.settings.run.port ?? planned ?? exposed[0] ?? defaultPort;
}

/** The builder and the disk keep nothing of a release whose images are stored. */
async function tidy(ctx: StepContext): Promise<void> {
  for (const component of ctx.release.snapshot.components)
    await ctx.region.builds.discard(workIdOf(ctx, component), ctx.signal);
  await rm(path.join(ctx.engine.workDir, ctx.release.id), { recursive: true, force: true });
}
