/** What scale, suspend, resume and restart do to what runs, and what they end. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components, deployments, drafts } from '#server/db/schema/projects.ts';
import { reconcilePower } from '#server/db/system/power.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { PersonOperation } from '#server/domain/operations.ts';
import type { ScaleChange } from '#server/domain/release.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { operateDeployment, previewOperation } from '#server/usecases/operate-deployment.ts';
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

const request = async (kind: 'deploy' | 'trigger' | 'configuration' = 'deploy'): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind })).releaseId;
const operate = async (kind: PersonOperation, more: { scale?: ScaleChange[]; componentIds?: string[] } = {}) =>
  (await operateDeployment(bench.ctx, { kind, deploymentId: bench.made.deploymentId, ...more })).releaseId;
const scale = (change: Omit<ScaleChange, 'componentId'>): Promise<string> =>
  operate('scale', { scale: [{ componentId: bench.made.componentId, ...change }] });
async function deploy(kind: 'deploy' | 'trigger' | 'configuration' = 'deploy'): Promise<string> {
  bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });
  const id = await request(kind);
  await bench.settle();
  return id;
}
const running = () => {
  const ids = new Set(bench.region.runtime.runningIds());
  return bench.region.runtime.specs().filter((spec) => ids.has(spec.id));
};
const power = async (): Promise<string | undefined> =>
  (await database.db.select().from(deployments).where(eq(deployments.id, bench.made.deploymentId)))[0]?.power;
async function addWorker(): Promise<string> {
  const id = newId('component');
  const { orgId, projectId, repositoryId, deploymentId, componentId } = bench.made;
  await database.db.insert(components).values({ id, orgId, projectId, name: 'jobs', kind: 'worker', repositoryId, position: 1 }); // prettier-ignore
  await database.db.update(drafts).set({ document: { components: [componentId, id].map((one) => ({ componentId: one, overrides: {} })) } }).where(eq(drafts.deploymentId, deploymentId)); // prettier-ignore
  return id;
}

test('more instances start beside the one that stays, and the next deploy keeps their number', async () => {
  const live = await deploy();
  const [first] = running();
  const id = await scale({ instances: 3 });
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ outcome: 'live', number: null });
  expect(running()).toHaveLength(3);
  expect(running().map((spec) => spec.id)).toContain(first?.id);
  expect((await bench.release(live)).snapshot.components[0]?.settings.instances).toBe(3);
  await deploy();
  expect(running()).toHaveLength(3);
  await deploy('trigger');
  expect(running()).toHaveLength(3);
  expect(await checkPromises(bench)).toEqual([]);
});

test('another size replaces the instances of that component alone', async () => {
  const jobs = await addWorker();
  await deploy();
  const before = running();
  await scale({ memoryMib: 256 });
  await bench.settle();
  const after = running();
  expect(after.find((spec) => spec.componentId === bench.made.componentId)).toMatchObject({ memoryMib: 256, cpuMillis: 1000 }); // prettier-ignore
  expect(after.find((spec) => spec.componentId === jobs)?.id).toBe(before.find((spec) => spec.componentId === jobs)?.id); // prettier-ignore
  await scale({ instances: 2 });
  await bench.settle();
  expect(running().filter((spec) => spec.memoryMib === 256)).toHaveLength(2);
});

test('a scale that cannot start changes neither the live release nor the draft', async () => {
  const live = await deploy();
  bench.region.runtime.behave((spec) => spec.memoryMib === 64, { exit: { afterMs: 10, code: 1 } });
  const id = await scale({ memoryMib: 64 });
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ outcome: 'failed' });
  expect((await bench.release(live)).snapshot.components[0]?.settings.size.memoryMib).toBe(512);
  const [draft] = await database.db.select().from(drafts).where(eq(drafts.deploymentId, bench.made.deploymentId));
  expect(draft?.revision).toBe(1);
  expect(bench.edge.request(bench.host)).toMatchObject({ release: live });
});

test('a suspended deployment says so at its host and refuses to deploy; resumed it serves the same release', async () => {
  const live = await deploy();
  const id = await operate('suspend');
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ outcome: 'live' });
  expect([await power(), running()]).toEqual(['suspended', []]);
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'notice', state: 'suspended' });
  await expect(request()).rejects.toMatchObject({ code: 'conflict' });
  await expect(operate('restart')).rejects.toMatchObject({ code: 'conflict' });
  await reconcilePower(database.db, bench.engine.now);
  expect(await bench.claim()).toEqual([]);
  await operate('resume');
  await bench.settle();
  expect(await power()).toBe('running');
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: live });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a suspend ends the release that works and those that wait, before their routes are published', async () => {
  await deploy();
  bench.builds.script(bench.made.componentId, { takesMs: 3_600_000 });
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'slow' });
  const working = await request();
  await bench.claim();
  const building = bench.advance(working);
  await expect.poll(() => bench.builds.running.size, { interval: 5 }).toBe(1);
  const waiting = await operate('restart');
  const preview = await previewOperation(bench.ctx, { kind: 'suspend', deploymentId: bench.made.deploymentId });
  expect(preview.ends.map((one) => one.releaseId)).toEqual([working, waiting]);
  const suspend = await operate('suspend');
  bench.time.advance(5000);
  await building;
  await bench.settle();
  for (const id of [working, waiting])
    expect(await bench.release(id)).toMatchObject({ outcome: 'superseded', supersededBy: suspend });
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'notice', state: 'suspended' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a suspend that is aborted leaves the deployment running; a resume that fails leaves it suspended', async () => {
  await deploy();
  await abortRelease(bench.ctx, { releaseId: await operate('suspend') });
  expect(await power()).toBe('running');
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server' });
  await operate('suspend');
  await bench.settle();
  bench.region.runtime.behave(() => true, { exit: { afterMs: 10, code: 1 } });
  const resume = await operate('resume');
  await bench.settle();
  expect(await bench.release(resume)).toMatchObject({ outcome: 'failed' });
  expect(await power()).toBe('suspended');
  await reconcilePower(database.db, bench.engine.now);
  expect(await bench.claim()).toEqual([]);
});

test('a resume before the suspend has begun keeps the instances that run', async () => {
  await deploy();
  const before = running().map((spec) => spec.id);
  const suspend = await operate('suspend');
  const resume = await operate('resume');
  await bench.settle();
  expect(await bench.release(suspend)).toMatchObject({ outcome: 'superseded', supersededBy: resume });
  expect(await power()).toBe('running');
  expect(running().map((spec) => spec.id)).toEqual(before);
});

test('a release that goes live while a suspend waits does not stay: it is suspended', async () => {
  await deploy();
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  const second = await request();
  const publish = bench.edge.publish.bind(bench.edge);
  const suspends: Promise<string>[] = [];
  bench.edge.publish = (...args) => {
    if (suspends.length === 0) suspends.push(operate('suspend'));
    return publish(...args);
  };
  await bench.settle();
  await Promise.all(suspends);
  await bench.settle();
  expect(await bench.release(second)).toMatchObject({ outcome: 'live' });
  expect([await power(), running()]).toEqual(['suspended', []]);
});

test('a suspended deployment that serves by mistake is suspended by the sweep', async () => {
  await deploy();
  await database.db.update(deployments).set({ power: 'suspended' }).where(eq(deployments.id, bench.made.deploymentId));
  await reconcilePower(database.db, bench.engine.now);
  await bench.settle();
  expect(running()).toEqual([]);
});

test('the same operation that waits is answered again', async () => {
  await deploy();
  expect(await operate('restart')).toBe(await operate('restart'));
  expect(await scale({ instances: 2 })).toBe(await scale({ instances: 2 }));
  const both = await Promise.all([operate('suspend'), operate('suspend')]);
  expect(both[0]).toBe(both[1]);
});

test('a restart of one component leaves the others alone', async () => {
  const jobs = await addWorker();
  await deploy();
  const before = running();
  await operate('restart', { componentIds: [jobs] });
  await bench.settle();
  const of = (list: typeof before, id: string) => list.find((spec) => spec.componentId === id)?.id;
  expect(of(running(), bench.made.componentId)).toBe(of(before, bench.made.componentId));
  expect(of(running(), jobs)).not.toBe(of(before, jobs));
});
