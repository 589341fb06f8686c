/** Fetches the code of each component, plans its build and computes the build key. Starts over in an empty folder. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repositoryLocation } from '#server/db/repository-locations.ts';
import { and, eq } from 'drizzle-orm';
import { releaseById } from '#server/db/publications.ts';
import { addArtifact, artifactByKey, releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts'; // prettier-ignore
import { releases } from '#server/db/schema/releases.ts';
import { databasePlan } from '#server/build/databases/recipe.ts';
import { type Database, databaseOf } from '#server/domain/databases.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { applyScale } from '#server/domain/operations.ts';
import { isOperation, kindRules } from '#server/domain/release-machine.ts';
import { settingsSchema } from '#server/domain/settings.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { buildKeyOf } from '#server/release/build-key.ts';
import type { StepContext, StepFailure, StepResult } from '#server/release/engine.ts';
import { workIdOf } from '#server/release/engine.ts';
import { releaseEnvironments, type Environments } from '#server/release/environment.ts';
import { fail } from '#server/release/failure.ts';
import { variableFailure } from '#server/release/variable-failure.ts';
import { restoreStep } from '#server/release/steps/restore.ts';
import { SourceFailure } from '#server/source/types.ts';

export async function fetchStep(ctx: StepContext): Promise<StepResult> {
  ctx.engine.fault('fetching.before');
  if (isOperation(ctx.release.kind)) return takeOver(ctx);
  if (kindRules[ctx.release.kind].build === 'never') return restoreStep(ctx);
  const environments = await releaseEnvironments(ctx, 'build', new Map());
  const [problem] = environments.problems;
  if (problem) return variableFailure(problem);
  for (const component of ctx.release.snapshot.components) {
    const database = component.source.kind === 'image' ? databaseOf(component.source.reference) : null;
    if (database) {
      await takeDatabase(ctx, component, database);
      continue;
    }
    const failure =
      component.source.kind === 'image'
        ? await takeImage(ctx, component, component.source.reference)
        : await fetchCode(ctx, component, component.source, environments);
    if (failure) return failure;
    ctx.engine.fault('fetching.after_fetch');
  }
  return { kind: 'done' };
}

/** An operation works on what is live when its turn comes, which may be newer than what was live when it was requested. */
async function takeOver(ctx: StepContext): Promise<StepResult> {
  const { release, deployment, engine } = ctx;
  const { scale } = release.snapshot;
  const live = deployment.liveReleaseId === null ? null : await releaseById(engine.db, release.orgId, deployment.liveReleaseId); // prettier-ignore
  if (!live) throw new AppError('internal', 'An operation on a deployment without a live release.');
  const made = await releaseComponentRows(engine.db, release.orgId, live.id);
  const known = new Set(live.snapshot.components.map((one) => one.componentId));
  const affects = (release.snapshot.affects ?? [...known]).filter((id) => known.has(id));
  await ctx.write(async (tx) => {
    await tx
      .update(releases)
      .set({
        snapshot: scale ? { ...applyScale(live.snapshot, scale), affects, scale } : { ...live.snapshot, affects },
      })
      .where(and(eq(releases.id, release.id), eq(releases.orgId, release.orgId)));
    for (const { componentId, treeHash, plan, buildKey, artifactId, port } of made.values())
      await setReleaseComponent(tx, { orgId: release.orgId, releaseId: release.id, componentId }, { treeHash, plan, buildKey, artifactId, port }); // prettier-ignore
  });
  return { kind: 'done' };
}

async function fetchCode(
  ctx: StepContext,
  component: SnapshotComponent,
  source: Extract<SnapshotComponent['source'], { kind: 'repository' }>,
  environments: Environments,
): Promise<{ kind: 'failed'; failure: StepFailure } | null> {
  const { engine, release } = ctx;
  const directory = path.join(engine.workDir, workIdOf(ctx, component));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { settings } = component;
  const location = await repositoryLocation(engine.db, engine.keys.credentials, release.orgId, source.repositoryId);
  ctx.say(`Fetching ${component.name}: ${source.refName} at ${source.commit.slice(0, 8)}`);
  const paths = { root: settings.rootDirectory, extra: settings.build.extraPaths };
  let treeHash: string;
  try {
    ({ treeHash } = await engine.sources.fetch(location, source.commit, directory, paths, ctx.signal));
  } catch (error) {
    if (error instanceof SourceFailure) return sourceFailed(component, source.repositoryId, error);
    throw error;
  }
  const { values } = environments.of(component.name);
  const planned = await engine.plan(directory, settings, {
    name: component.name,
    kind: component.kind,
    buildVariables: Object.keys(values),
  });
  if (planned.kind === 'failed')
    return fail(planned.code, planned.message, planned.advice, {
      componentId: component.componentId,
      fix: { kind: 'setting', componentId: component.componentId, path: planned.setting },
    });
  for (const line of planned.plan.found) ctx.say(`${component.name}: ${line}`);
  const buildKey = buildKeyOf({
    key: engine.keys.cache, treeHash, plan: planned.plan, settings: settings.build, rootDirectory: settings.rootDirectory, values,
    salt: engine.buildSalt,
  }); // prettier-ignore
  const key = { orgId: release.orgId, releaseId: release.id, componentId: component.componentId };
  await ctx.write((tx) => setReleaseComponent(tx, key, { treeHash, plan: planned.plan, buildKey }));
  return null;
}

function sourceFailed(
  component: SnapshotComponent,
  repositoryId: string,
  error: SourceFailure,
): { kind: 'failed'; failure: StepFailure } {
  const { componentId } = component;
  const credential = ['clone_credentials', 'clone_refused', 'clone_unreachable', 'host_key_changed'].includes(
    error.code,
  );
  const settingPath = error.code === 'ref_missing' ? 'ref.name' : 'rootDirectory';
  return fail(error.code, error.message, error.advice, {
    componentId,
    fix: credential ? { kind: 'credential', repositoryId } : { kind: 'setting', componentId, path: settingPath },
  });
}

/** A database is built from a recipe of ours: equal recipe, same artifact. */
async function takeDatabase(ctx: StepContext, component: SnapshotComponent, database: Database): Promise<void> {
  const { engine, release } = ctx;
  const { plan, files, hash } = databasePlan(database);
  const directory = path.join(engine.workDir, workIdOf(ctx, component));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  for (const line of plan.found) ctx.say(`${component.name}: ${line}`);
  const { build: settings } = settingsSchema.parse({});
  const buildKey = buildKeyOf({ key: engine.keys.cache, treeHash: hash, plan, settings, rootDirectory: '', values: {}, salt: 'database' }); // prettier-ignore
  const key = { orgId: release.orgId, releaseId: release.id, componentId: component.componentId };
  await ctx.write((tx) => setReleaseComponent(tx, key, { treeHash: hash, plan, buildKey }));
}

/** An image given by its digest is the artifact itself. */
async function takeImage(
  ctx: StepContext,
  component: SnapshotComponent,
  reference: string,
): Promise<{ kind: 'failed'; failure: StepFailure } | null> {
  const { release } = ctx;
  const { componentId } = component;
  ctx.say(`Getting the image of ${component.name}: ${reference}`);
  const image = await ctx.region.artifacts.resolve(reference, ctx.signal);
  if (!image)
    return fail(
      'image_unavailable',
      `The image ${reference} of ${component.name} cannot be had.`,
      'Check its name and digest, and that this machine reaches its registry.',
      { componentId, fix: { kind: 'setting', componentId, path: 'image' } },
    );
  const buildKey = `image:${reference}`;
  await ctx.write(async (tx) => {
    const artifact =
      (await artifactByKey(tx, release.orgId, buildKey)) ??
      (await addArtifact(tx, {
        id: newId('artifact'), orgId: release.orgId, projectId: release.projectId, buildKey, reference,
        imageId: image.imageId, sizeBytes: image.sizeBytes, exposedPorts: image.exposedPorts,
      })); // prettier-ignore
    const key = { orgId: release.orgId, releaseId: release.id, componentId };
    await setReleaseComponent(tx, key, { buildKey, artifactId: artifact.id, buildOutcome: 'given' });
  });
  return null;
}
