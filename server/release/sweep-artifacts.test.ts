import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq, isNull } from 'drizzle-orm';
import { artifactPresence, holdReleaseArtifacts } from '#server/db/artifacts.ts';
import { setReleaseComponent } from '#server/db/release-components.ts';
import { insertQueued } from '#server/db/releases.ts';
import { projects } from '#server/db/schema/projects.ts';
import { artifacts, releases } from '#server/db/schema/releases.ts';
import { tags } from '#server/db/schema/tags.ts';
import { collectArtifacts } from '#server/db/system/artifacts.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { sweepArtifacts } from '#server/release/sweep-artifacts.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
const never = new AbortController().signal;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
});
afterEach(async () => {
  await bench.close();
  await database.db.update(artifacts).set({ removedAt: new Date(), imageGoneAt: new Date() });
});

const deploy = async (code: string): Promise<string> => {
  bench.source.commit(bench.made.repositoryId, { 'index.js': code });
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.settle();
  return releaseId;
};
const age = () => database.db.update(artifacts).set({ createdAt: new Date(Date.now() - 7_200_000) });
const sweep = () => sweepArtifacts(bench.engine, never);
const presence = async (releaseId: string) =>
  (await artifactPresence(database.db, bench.made.orgId, [releaseId])).get(releaseId);
const referenceOf = async (releaseId: string): Promise<string> => {
  const [row] = await database.db.transaction((tx) => holdReleaseArtifacts(tx, bench.made.orgId, releaseId)) ?? [];
  const [artifact] = await database.db.select().from(artifacts).where(eq(artifacts.id, row?.artifactId ?? ''));
  return artifact?.reference ?? '';
}; // prettier-ignore
const strangerName = (): string => `slipway/${randomBytes(16).toString('hex')}:1`;

test('the images of the last ten live releases stay, older ones are removed and not offered', async () => {
  const ids: string[] = [];
  for (let n = 1; n <= 12; n += 1) ids.push(await deploy(`version ${n}`));
  const before = bench.region.artifacts.references().length;
  expect(await sweep()).toEqual({ removed: 0, orphans: 0, missing: 0 });
  expect(await presence(ids[1] ?? '')).toEqual({ kind: 'gone', why: 'too-old', componentIds: [] });
  await age();
  expect(await sweep()).toEqual({ removed: 2, orphans: 0, missing: 0 });
  expect(bench.region.artifacts.references()).toHaveLength(before - 2);
  expect(await presence(ids[1] ?? '')).toMatchObject({ kind: 'gone', why: 'removed' });
  expect(await presence(ids[2] ?? '')).toEqual({ kind: 'present' });
  expect(await sweep()).toEqual({ removed: 0, orphans: 0, missing: 0 });
  await deploy('version 1');
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server' });
}, 60_000);

test('a tagged release keeps its images however old it is', async () => {
  const ids: string[] = [];
  for (let n = 1; n <= 12; n += 1) ids.push(await deploy(`version ${n}`));
  const [first = ''] = ids;
  const { orgId, projectId } = bench.made;
  await database.db.insert(tags).values({ id: 'tag_1', orgId, projectId, name: 'v1', components: [] });
  await database.db.update(releases).set({ tagId: 'tag_1' }).where(eq(releases.id, first));
  await age();
  expect(await sweep()).toMatchObject({ removed: 1 });
  expect(await presence(first)).toEqual({ kind: 'present' });
}, 60_000);

test('an image that the engine refuses to remove is given up for good and removed at a later round', async () => {
  const first = await deploy('version 1');
  const reference = await referenceOf(first);
  await database.db.update(artifacts).set({ removedAt: new Date() }).where(eq(artifacts.reference, reference));
  bench.region.artifacts.use(reference);
  expect(await sweep()).toMatchObject({ removed: 0 });
  expect(bench.region.artifacts.has(reference)).toBe(true);
  bench.region.artifacts.use(reference, false);
  expect(await sweep()).toMatchObject({ removed: 1 });
  expect(bench.region.artifacts.has(reference)).toBe(false);
});

test('an image of ours without a row goes; one of another installation stays', async () => {
  await deploy('version 1');
  const [orphan, foreign] = [strangerName(), strangerName()];
  bench.region.artifacts.put(orphan);
  bench.region.artifacts.put(foreign, {}, false);
  expect(await sweep()).toMatchObject({ orphans: 1 });
  expect(bench.region.artifacts.has(orphan)).toBe(false);
  expect(bench.region.artifacts.has(foreign)).toBe(true);
});

test('an image that is stored but not written down yet is no orphan while its release works', async () => {
  bench.builds.script(bench.made.componentId, { takesMs: 0 });
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.claim();
  const reference = strangerName();
  bench.region.artifacts.put(reference);
  const built = { imageId: 'sha256:1', reference, sizeBytes: 1, exposedPorts: [] };
  const { orgId, componentId } = bench.made;
  await database.db.transaction((tx) => setReleaseComponent(tx, { orgId, releaseId, componentId }, { built }));
  expect(await sweep()).toMatchObject({ orphans: 0 });
  await database.db.transaction((tx) => setReleaseComponent(tx, { orgId, releaseId, componentId }, { built: null }));
  await bench.settle();
});

test('an image that somebody removed by hand is noticed, is not offered, and is again when it is back', async () => {
  const first = await deploy('version 1');
  await deploy('version 2');
  expect(await presence(first)).toEqual({ kind: 'present' });
  const reference = await referenceOf(first);
  await bench.region.artifacts.remove(reference, never);
  expect(await sweep()).toMatchObject({ missing: 1 });
  expect(await presence(first)).toEqual({ kind: 'gone', why: 'missing', componentIds: [bench.made.componentId] });
  bench.region.artifacts.put(reference);
  expect(await sweep()).toMatchObject({ missing: 0 });
  expect(await presence(first)).toEqual({ kind: 'present' });
});

test('clean-up that races a rollback keeps what the rollback holds, or the rollback is told', async () => {
  const first = await deploy('version 1');
  for (let n = 2; n <= 11; n += 1) await deploy(`version ${n}`);
  await age();
  const { orgId, projectId, deploymentId, regionId, componentId } = bench.made;
  const held = database.db.transaction(async (tx) => {
    const rows = await holdReleaseArtifacts(tx, orgId, first);
    if (!rows) return null;
    const releaseId = newId('release');
    await collectArtifacts(database.db, bench.time.sql);
    await insertQueued(tx, { id: releaseId, orgId, projectId, deploymentId, regionId, kind: 'rollback', lane: 'rollout', snapshot: { components: [] }, trigger: { by: 'rollback', toNumber: 1 } }); // prettier-ignore
    for (const row of rows) await setReleaseComponent(tx, { orgId, releaseId, componentId }, { artifactId: row.artifactId }); // prettier-ignore
    return rows;
  });
  const [rows] = await Promise.all([held, ...Array.from({ length: 4 }, () => sweep())]);
  const left = await database.db.select().from(artifacts).where(isNull(artifacts.removedAt));
  const kept = left.some((artifact) => rows?.some((row) => row.artifactId === artifact.id));
  expect(kept).toBe(rows !== null);
}, 60_000);

test('the image of a project whose rows are gone is removed too', async () => {
  await deploy('version 1');
  const [reference = ''] = bench.region.artifacts.references();
  await database.db.execute('delete from release_components');
  await database.db.delete(projects).where(eq(projects.id, bench.made.projectId));
  expect(await sweep()).toMatchObject({ orphans: 1 });
  expect(bench.region.artifacts.has(reference)).toBe(false);
});
