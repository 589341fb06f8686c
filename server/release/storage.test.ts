/** Storage through releases, the trash and the end, with the engine on fakes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components, deployments } from '#server/db/schema/projects.ts';
import { volumes } from '#server/db/schema/volumes.ts';
import { reconcilePower } from '#server/db/system/power.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { gib } from '#server/domain/volumes.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { purgeDeployments } from '#server/release/purge.ts';
import { observeVolumes, settleVolumes } from '#server/release/storage.ts';
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
  await configure({ volumes: [{ name: 'data', path: '/data', sizeGib: 1 }] });
});
afterEach(() => bench.close());

const configure = (settings: SettingsOverrides) =>
  database.db.update(components).set({ settings }).where(eq(components.id, bench.made.componentId));
async function deploy(): Promise<string> {
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.settle();
  return releaseId;
}
const rows = () => database.db.select().from(volumes).where(eq(volumes.deploymentId, bench.made.deploymentId));
async function volume() {
  const [row] = await rows();
  if (!row) throw new Error('There is no volume.');
  return row;
}
const change = (values: Partial<typeof volumes.$inferInsert>) => database.db.update(volumes).set(values).where(eq(volumes.deploymentId, bench.made.deploymentId)); // prettier-ignore
const power = async (values: Partial<typeof deployments.$inferInsert>) => {
  await database.db.update(deployments).set(values).where(eq(deployments.id, bench.made.deploymentId));
  await reconcilePower(database.db, bench.engine.now);
  await bench.settle();
};

test('a release makes the storage that its component declares and mounts it', async () => {
  const id = await deploy();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  const row = await volume();
  expect(row).toMatchObject({ name: 'data', path: '/data', sizeBytes: gib, state: 'active', place: 'live' });
  expect(bench.region.runtime.specs().map((spec) => spec.volumes)).toEqual([[{ volumeId: row.id, path: '/data' }]]);
  expect(await checkPromises(bench)).toEqual([]);
});

test('its content is there for the next release, on the same volume', async () => {
  await deploy();
  const { id } = await volume();
  bench.region.volumes.files(id).set('row', 'one');
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  const next = await deploy();
  expect(await bench.release(next)).toMatchObject({ state: 'live' });
  expect((await rows()).map((row) => row.id)).toEqual([id]);
  expect(bench.region.runtime.specs().map((spec) => spec.volumes?.[0]?.volumeId)).toEqual([id]);
  expect(bench.region.volumes.files(id).get('row')).toBe('one');
});

test('a size in the settings grows it and never shrinks it', async () => {
  await deploy();
  await configure({ volumes: [{ name: 'data', path: '/data', sizeGib: 3 }], size: { memoryMib: 256 } });
  await deploy();
  expect((await volume()).sizeBytes).toBe(3 * gib);
  await configure({ volumes: [{ name: 'data', path: '/data', sizeGib: 1 }], size: { memoryMib: 128 } });
  await deploy();
  expect((await volume()).sizeBytes).toBe(3 * gib);
  await observeVolumes(bench.engine, never);
  expect(await volume()).toMatchObject({ capacityBytes: 3 * gib, usedBytes: 0 });
});

test('a volume that is lost fails the release and never starts it on an empty one', async () => {
  await deploy();
  bench.region.volumes.lose((await volume()).id);
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  const failed = await bench.release(await deploy());
  expect(failed).toMatchObject({ state: 'failed', failure: { code: 'volume_missing', fix: { path: 'volumes' } } });
});

test('a size without room fails the release with what to do', async () => {
  bench.region.volumes.room = gib / 2;
  expect(await bench.release(await deploy())).toMatchObject({ state: 'failed', failure: { code: 'volume_refused' } });
});

test('what a person deletes is kept for 48 hours, comes back, and is gone after that', async () => {
  await deploy();
  await power({ power: 'trashed', deletedAt: new Date() });
  const { id } = await volume();
  bench.region.volumes.files(id).set('row', 'one');
  await change({ state: 'trashed', trashedAt: new Date() });
  await settleVolumes(bench.engine, never);
  expect(bench.region.volumes.ids()).toEqual({ live: [], trashed: [id] });
  await change({ state: 'active', trashedAt: null });
  await settleVolumes(bench.engine, never);
  expect(bench.region.volumes.ids()).toEqual({ live: [id], trashed: [] });
  await change({ state: 'trashed', trashedAt: new Date(Date.now() - 49 * 3_600_000) });
  await settleVolumes(bench.engine, never);
  expect(bench.region.volumes.ids()).toEqual({ live: [], trashed: [] });
  expect(await rows()).toEqual([]);
});

test('a volume that an instance has stays out of the trash', async () => {
  await deploy();
  const { id } = await volume();
  await change({ state: 'deleting', trashedAt: new Date(0) });
  expect(await settleVolumes(bench.engine, never)).toBe(0);
  expect(bench.region.volumes.ids().live).toEqual([id]);
  expect(await rows()).toHaveLength(1);
});

test('a deployment that is restored from the trash has its data; one whose time is over leaves nothing', async () => {
  const release = await deploy();
  const { id } = await volume();
  bench.region.volumes.files(id).set('row', 'one');
  await power({ power: 'trashed', deletedAt: new Date() });
  await purgeDeployments(bench.engine, never);
  expect(bench.region.volumes.ids().live).toEqual([id]);
  await power({ power: 'running', deletedAt: null });
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release });
  expect(bench.region.runtime.specs().map((spec) => spec.volumes?.[0]?.volumeId)).toEqual([id]);
  expect(bench.region.volumes.files(id).get('row')).toBe('one');
  await power({ power: 'trashed', deletedAt: new Date(Date.now() - 49 * 3_600_000) });
  await purgeDeployments(bench.engine, never);
  expect(bench.region.volumes.ids()).toEqual({ live: [], trashed: [] });
  expect(await database.db.select().from(deployments).where(eq(deployments.id, bench.made.deploymentId))).toEqual([]);
});

test('clean-up code has no word for volumes', () => {
  const folders = ['server/release', 'server/db/system', 'server/runtime/docker', 'server/build'];
  const cleaning = folders
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((file) => /(sweep|orphan|leftover|artifacts|clean)[^/]*\.ts$/.test(file) && !file.includes('.test.'));
  expect(cleaning.length).toBeGreaterThan(3);
  for (const file of cleaning) expect(readFileSync(file, 'utf8'), file).not.toMatch(/\.volumes\b|volumes\/types/);
});
