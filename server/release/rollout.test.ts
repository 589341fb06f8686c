/** What a rollout keeps, replaces and lets finish. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { and, eq } from 'drizzle-orm';
import { systemClock } from '#server/clock.ts';
import { scaledTimes } from '#server/config.ts';
import { components, drafts, variables } from '#server/db/schema/projects.ts';
import { releaseSteps } from '#server/db/schema/releases.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault, InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { seal } from '#server/secret.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { testKey } from '#server/usecases/testing.ts';

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

const request = async (kind: 'deploy' | 'configuration' = 'deploy'): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind })).releaseId;
const deploy = async (kind: 'deploy' | 'configuration' = 'deploy'): Promise<string> => {
  const id = await request(kind);
  await bench.settle();
  return id;
};
const changeCode = (): void => void bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });
const configure = (settings: SettingsOverrides) =>
  database.db.update(components).set({ settings }).where(eq(components.id, bench.made.componentId));

async function addComponent(
  name: string,
  kind: ComponentKind,
  from: { image: string } | 'repository',
  settings: SettingsOverrides = {},
) {
  const id = newId('component');
  const { orgId, projectId, repositoryId, deploymentId, componentId } = bench.made;
  const source = from === 'repository' ? { repositoryId } : from;
  await database.db.insert(components).values({ id, orgId, projectId, name, kind, settings, ...source, position: 1 });
  await database.db.update(drafts).set({ document: { components: [{ componentId, overrides: {} }, { componentId: id, overrides: {} }] } }).where(eq(drafts.deploymentId, deploymentId)); // prettier-ignore
  return id;
}
async function setVariable(key: string, value: string, componentId?: string): Promise<string> {
  const id = newId('variable');
  const { orgId, projectId, deploymentId } = bench.made;
  const mine = and(eq(variables.projectId, projectId), eq(variables.key, key));
  await database.db.update(variables).set({ replacedAt: new Date() }).where(mine);
  await database.db.insert(variables).values({
    id, orgId, projectId, deploymentId, componentId: componentId ?? null, scope: componentId ? 'component' : 'deployment', key,
    sealed: seal(testKey, `${orgId}/${id}`, value),
  }); // prettier-ignore
  return id;
}
const runningOf = (componentId: string) => {
  const running = new Set(bench.region.runtime.runningIds());
  return bench.region.runtime.specs().filter((spec) => spec.componentId === componentId && running.has(spec.id));
};

test('an instance gets its variables, those of the platform and what they refer to', async () => {
  const db = await addComponent('db', 'tcp', 'repository');
  await setVariable('USER_NAME', 'shop', db);
  await setVariable('URL', 'postgres://${db.USER_NAME}@db', bench.made.componentId);
  await deploy();
  expect(runningOf(bench.made.componentId)[0]?.env).toMatchObject({
    URL: 'postgres://shop@db', PORT: '3000', COMPONENT: 'web', STAGE: 'production', RELEASE: '1', APP_PUBLIC_URL: `http://${bench.host}`,
  }); // prettier-ignore
});

test('a changed value replaces the instances that use it, also by reference, and carries the others over', async () => {
  const worker = await addComponent('worker', 'worker', 'repository');
  await setVariable('MODE', 'one', worker);
  await deploy();
  const before = { web: runningOf(bench.made.componentId)[0]?.id, worker: runningOf(worker)[0]?.id };
  await setVariable('MODE', 'two', worker);
  await deploy('configuration');
  expect(runningOf(bench.made.componentId)[0]?.id).toBe(before.web);
  expect(runningOf(worker)[0]?.id).not.toBe(before.worker);
  expect(bench.builds.begun).toHaveLength(2);
  expect(await checkPromises(bench)).toEqual([]);
});

test('a revoked value is replaced by the current one in a release that was made before', async () => {
  const old = await setVariable('KEY', 'leaked');
  const id = await request();
  await setVariable('KEY', 'fresh');
  await database.db.update(variables).set({ revokedAt: new Date() }).where(eq(variables.id, old));
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(runningOf(bench.made.componentId)[0]?.env).toMatchObject({ KEY: 'fresh' });
});

test('a revoked value without another one fails the release and names the variable', async () => {
  const first = await deploy();
  const old = await setVariable('KEY', 'leaked');
  const id = await request();
  await database.db.update(variables).set({ revokedAt: new Date() }).where(eq(variables.id, old));
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({
    state: 'failed',
    failure: { code: 'variable_unresolved', fix: { kind: 'variables', key: 'KEY' } },
  });
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: first });
  expect(await checkPromises(bench)).toEqual([]);
});

test('more instances are started beside the ones that run, and fewer leave the rest alone', async () => {
  await deploy();
  const [first] = runningOf(bench.made.componentId);
  await configure({ instances: 3 });
  await deploy('configuration');
  expect(runningOf(bench.made.componentId).map((spec) => spec.id)).toContain(first?.id);
  expect(runningOf(bench.made.componentId)).toHaveLength(3);
  await configure({ instances: 1 });
  await deploy('configuration');
  expect(runningOf(bench.made.componentId)).toHaveLength(1);
  expect(await checkPromises(bench)).toEqual([]);
});

test('an image by its digest is run without a build', async () => {
  const image = `registry.test/app@sha256:${'a'.repeat(64)}`;
  bench.region.artifacts.offer(image, { exposedPorts: [8080] });
  const id = await addComponent('app', 'web', { image }, { route: { path: '/app' } });
  await deploy();
  expect(runningOf(id)[0]).toMatchObject({ image, env: { PORT: '8080' } });
  expect(bench.builds.begun).toHaveLength(1);
});

test('one component that fails keeps everything of the previous release', async () => {
  const worker = await addComponent('worker', 'worker', 'repository');
  const first = await deploy();
  const before = new Set(bench.region.runtime.runningIds());
  changeCode();
  bench.region.runtime.behave((spec) => spec.componentId === worker, { exit: { afterMs: 500, code: 1 } });
  const second = await deploy();
  expect(await bench.release(second)).toMatchObject({
    state: 'failed',
    failure: { code: 'exited', componentId: worker },
  });
  expect(new Set(bench.region.runtime.runningIds())).toEqual(before);
  expect(bench.edge.request(bench.host)).toMatchObject({ release: first });
});

test('a request in flight keeps the old instance until it ends', async () => {
  await deploy();
  const held = bench.edge.hold(bench.host);
  changeCode();
  const second = await request();
  await bench.claim();
  await bench.advance(second);
  expect(await bench.release(second)).toMatchObject({ state: 'live' });
  const drain = bench.edge.drain.bind(bench.edge);
  let looks = 0;
  bench.edge.drain = async (...args) => {
    const result = await drain(...args);
    looks += 1;
    return result;
  };
  const retiring = bench.settle();
  await expect.poll(() => looks, { interval: 5 }).toBeGreaterThan(1);
  expect(bench.region.runtime.runningIds()).toContain(held.server);
  held.end();
  await retiring;
  expect(bench.region.runtime.runningIds()).not.toContain(held.server);
  expect((await bench.release(second)).report).toMatchObject({
    failedRequests: 0,
    drainedConnections: 1,
    cutConnections: 0,
  });
});

test('a connection that does not end is cut at the drain limit, and the release stays live', async () => {
  await deploy();
  const held = bench.edge.hold(bench.host);
  changeCode();
  const second = await deploy();
  expect(bench.region.runtime.runningIds()).not.toContain(held.server);
  expect((await bench.release(second)).report).toMatchObject({ cutConnections: 1 });
});

test('an instance that ignores SIGTERM is killed after its grace and changes no outcome', async () => {
  bench.region.runtime.behave(() => true, { termMs: 10_000_000 });
  const first = await deploy();
  changeCode();
  const second = await deploy();
  expect(await bench.release(first)).toMatchObject({ state: 'retired', outcome: 'live' });
  expect(await bench.release(second)).toMatchObject({ state: 'live' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a takeover while checking keeps the original deadline', async () => {
  bench.region.runtime.behave(() => true, { ports: [] });
  const id = await request();
  const doomed = bench.worker('doomed', {
    fault: createFault({ point: 'checking.before', how: 'throw', visit: 1 }, () => {
      throw new InjectedCrash('checking.before');
    }),
  });
  await expect(bench.settle(doomed)).rejects.toThrow(InjectedCrash);
  bench.time.advance(50_000);
  await bench.settle(bench.worker('heir'));
  const steps = await database.db.select().from(releaseSteps).where(eq(releaseSteps.releaseId, id));
  const began = steps.find((step) => step.state === 'checking')?.startedAt.getTime() ?? 0;
  const ended = steps.find((step) => step.state === 'failed')?.startedAt.getTime() ?? 0;
  expect(ended - began).toBeGreaterThanOrEqual(60_000);
  expect(ended - began).toBeLessThan(80_000);
});

test('a worker that cannot reach the database stops by itself before its lease ends', async () => {
  bench.builds.script(bench.made.componentId, { takesMs: 3_600_000 });
  const id = await request();
  await bench.claim();
  let isCut = false;
  const cut = bench.worker('cut', {
    times: scaledTimes(0.02),
    background: systemClock,
    db: new Proxy(database.db, {
      get(target, name) {
        if (isCut) throw new Error('connection refused');
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
  });
  const running = bench.advance(id, cut).catch(() => 'lost');
  await expect.poll(() => bench.builds.running.size, { interval: 5 }).toBe(1);
  isCut = true;
  expect(await running).toBe('cut');
  expect(bench.builds.running.size).toBe(0);
});
