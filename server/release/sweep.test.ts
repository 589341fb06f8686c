import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { advanceRelease } from '#server/release/advance.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { sweepOrphans, sweepReleases } from '#server/release/sweep.ts';
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
afterEach(() => bench.close());

const deploy = async (code: string): Promise<string> => {
  bench.source.commit(bench.made.repositoryId, { 'index.js': code });
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.settle();
  return releaseId;
};

test('instances and folders without a row are removed, and what serves is left alone', async () => {
  await deploy('one');
  const serving = bench.region.runtime.runningIds();
  const [spec] = bench.region.runtime.specs();
  if (!spec) throw new Error('Nothing runs');
  await bench.region.region.instances.start({ ...spec, id: newId('instance'), address: '10.213.0.60' }, never);
  const folder = path.join(bench.engine.workDir, newId('release'));
  await mkdir(folder);
  expect(await sweepOrphans(bench.engine, never)).toEqual({ instances: 1, folders: 1 });
  expect(bench.region.runtime.specs().map((one) => one.id)).toEqual(serving);
  expect(existsSync(folder)).toBe(false);
});

test('folders and instances of a release that works are nobody’s orphans', async () => {
  bench.builds.script(bench.made.componentId, { takesMs: 3_600_000 });
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.claim();
  const stop = new AbortController();
  const running = advanceRelease(bench.engine, releaseId, stop.signal);
  await expect.poll(() => bench.builds.running.size, { interval: 5 }).toBe(1);
  expect(await sweepOrphans(bench.engine, never)).toEqual({ instances: 0, folders: 0 });
  stop.abort();
  expect(await running).toBe('stopped');
  expect(await bench.release(releaseId)).toMatchObject({ state: 'building', leaseOwner: null });
  bench.builds.script(bench.made.componentId, {});
  await bench.settle();
  expect(await bench.release(releaseId)).toMatchObject({ state: 'live' });
});

test('a release without a lease gets a job, one with a lease gets none', async () => {
  await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  const [id = ''] = await bench.claim();
  const jobs = () =>
    database.db.execute(sql`select task_identifier from graphile_worker.jobs where key = ${`advance:${id}`}`);
  await database.db.execute(sql`delete from graphile_worker._private_jobs`);
  await sweepReleases(bench.engine);
  expect([...(await jobs())]).toEqual([{ task_identifier: 'advance-build' }]);
  await database.db.execute(sql`delete from graphile_worker._private_jobs`);
  await database.db.execute(
    sql`update releases set lease_owner = 'x', lease_until = now() + interval '1 day' where id = ${id}`,
  );
  await sweepReleases(bench.engine);
  expect([...(await jobs())]).toEqual([]);
  await database.db.execute(sql`update releases set lease_owner = null, lease_until = null where id = ${id}`);
  await bench.settle();
});
