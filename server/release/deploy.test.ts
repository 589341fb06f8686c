import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { deploymentEvents, releaseSteps } from '#server/db/schema/releases.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { operateDeployment } from '#server/usecases/operate-deployment.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
});
afterEach(() => bench.close());

const deploy = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
const rowsOf = (state: (typeof instances.$inferSelect)['state']) =>
  database.db.select().from(instances).where(eq(instances.state, state)).then((rows) => rows.filter((row) => row.deploymentId === bench.made.deploymentId)); // prettier-ignore

test('a requested release is fetched, built, stored, started, checked and switched, and every step leaves a row and an event', async () => {
  const id = await deploy();
  expect(await bench.release(id)).toMatchObject({ state: 'queued', number: 1 });
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live', outcome: 'live', failure: null });
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: id });
  const states = ['queued', 'fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching', 'live'];
  const steps = await database.db
    .select()
    .from(releaseSteps)
    .where(eq(releaseSteps.releaseId, id))
    .orderBy(releaseSteps.seq);
  expect(steps.map((step) => step.state)).toEqual(states);
  const events = await database.db.select().from(deploymentEvents).where(eq(deploymentEvents.releaseId, id)).orderBy(deploymentEvents.seq); // prettier-ignore
  expect(events.map((event) => event.kind)).toEqual(states.map((state) => `release.${state}`));
});

test('a second release with new code replaces the instance, and the first one is retired and removed', async () => {
  const first = await deploy();
  await bench.settle();
  const [old] = await rowsOf('live');
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  const second = await deploy();
  await bench.settle();
  expect(await bench.release(second)).toMatchObject({ state: 'live', previousReleaseId: first });
  expect(await bench.release(first)).toMatchObject({ state: 'retired', outcome: 'live' });
  const [now] = await rowsOf('live');
  expect(now?.id).not.toBe(old?.id);
  expect(bench.region.runtime.runningIds()).toEqual([now?.id]);
  expect(bench.region.runtime.isKeptAlive(now?.id ?? '')).toBe(true);
});

test('a release that changes nothing carries the running instance over and builds nothing', async () => {
  await deploy();
  await bench.settle();
  const before = bench.region.runtime.runningIds();
  const second = await deploy();
  await bench.settle();
  expect(await bench.release(second)).toMatchObject({ state: 'live' });
  expect(bench.region.runtime.runningIds()).toEqual(before);
  expect(bench.builds.begun).toHaveLength(1);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: second });
});

test('a restart starts a new instance beside the old one and leaves the release live', async () => {
  const id = await deploy();
  await bench.settle();
  const before = bench.region.runtime.runningIds();
  const restart = await operateDeployment(bench.ctx, { kind: 'restart', deploymentId: bench.made.deploymentId });
  await bench.settle();
  expect(await bench.release(restart.releaseId)).toMatchObject({ state: 'retired', outcome: 'live', number: null });
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  const after = bench.region.runtime.runningIds();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(before);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', server: after[0], release: id });
});

test('a subnet that something else holds is left to it, and the deployment gets another one', async () => {
  const foreign = { deploymentId: 'dep_foreign', bridge: 'slw-else-0', subnet: '10.213.0.0/26' };
  await bench.region.runtime.ensureNetwork(foreign, new AbortController().signal);
  const id = await deploy();
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  const networks = bench.region.runtime.networks().filter((one) => one.deploymentId === bench.made.deploymentId);
  expect(networks).toHaveLength(1);
  expect(networks[0]?.subnet).not.toBe(foreign.subnet);
  expect(await checkPromises(bench)).toEqual([]);
});
