import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { deployments } from '#server/db/schema/projects.ts';
import { reconcilePower } from '#server/db/system/power.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { createFault, InjectedCrash } from '#server/release/fault.ts';
import { purgeDeployments } from '#server/release/purge.ts';
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

const request = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
const set = (values: Partial<typeof deployments.$inferInsert>) =>
  database.db.update(deployments).set(values).where(eq(deployments.id, bench.made.deploymentId));
async function match(): Promise<void> {
  await reconcilePower(database.db, bench.engine.now);
  await bench.settle();
}

test('a deployment in the trash stops serving and says so, and one that is restored serves the same release again', async () => {
  const id = await request();
  await bench.settle();
  await set({ power: 'trashed', deletedAt: new Date() });
  await match();
  expect(bench.region.runtime.specs()).toEqual([]);
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'notice', state: 'stopped' });
  await set({ power: 'running', deletedAt: null });
  await match();
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: id });
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a release that works on a deployment which is put into the trash is aborted', async () => {
  await request();
  await bench.settle();
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  const id = await request();
  await bench.claim();
  await set({ power: 'trashed', deletedAt: new Date() });
  await match();
  await match();
  expect(await bench.release(id)).toMatchObject({ state: 'aborted' });
  expect(bench.region.runtime.specs()).toEqual([]);
});

test('a deployment that is put into the trash while traffic switches stays there', async () => {
  const id = await request();
  const fault = createFault({ point: 'switching.before_commit', how: 'throw', visit: 1 }, () => {
    throw new InjectedCrash('switching.before_commit');
  });
  await expect(bench.settle(bench.worker('worker-2', { fault }))).rejects.toThrow(InjectedCrash);
  await set({ power: 'trashed', deletedAt: new Date() });
  await match();
  expect(await bench.release(id)).toMatchObject({ outcome: 'live' });
  await match();
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'notice', state: 'stopped' });
  expect(bench.region.runtime.specs()).toEqual([]);
});

test('after its time in the trash a deployment is gone: rows, network and routes', async () => {
  await request();
  await bench.settle();
  await set({ power: 'trashed', deletedAt: new Date(Date.now() - 49 * 3_600_000) });
  await match();
  await purgeDeployments(bench.engine, never);
  expect(await database.db.select().from(deployments).where(eq(deployments.id, bench.made.deploymentId))).toEqual([]);
  expect(bench.region.runtime.networks().filter((one) => one.deploymentId === bench.made.deploymentId)).toEqual([]);
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'unknown-host' });
});

test('nothing happens to a deployment whose power matches what runs', async () => {
  await request();
  await bench.settle();
  await reconcilePower(database.db, bench.engine.now);
  expect(await bench.claim()).toEqual([]);
});
