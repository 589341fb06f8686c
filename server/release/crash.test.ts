/** A worker that dies anywhere: the next one finishes the release, once, and the machine holds what the rows say. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault, type FaultPoint, faultPoints, InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
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

const request = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
const crashing = (point: FaultPoint, visit = 1) =>
  bench.worker('doomed', {
    fault: createFault({ point, how: 'throw', visit }, () => {
      throw new InjectedCrash(point);
    }),
  });
const withHook = () =>
  database.db
    .update(components)
    .set({ settings: { hook: { postdeploy: 'migrate', firstDeploy: null } } })
    .where(eq(components.id, bench.made.componentId));
/** Runs until the doomed worker dies, in whichever release that is. */
async function untilCrash(doomed: ReturnType<typeof crashing>): Promise<void> {
  await expect(bench.settle(doomed)).rejects.toThrow(InjectedCrash);
}

const forward = faultPoints.filter(
  (point) =>
    !point.startsWith('undo.') &&
    !point.startsWith('swap.') &&
    !point.startsWith('last.') &&
    !point.startsWith('retiring.'),
);
describe.each(forward)('a crash at %s', (point) => {
  test('is followed by a worker that brings the release live exactly once, and the first release is retired', async () => {
    await withHook();
    const first = await request();
    await bench.settle();
    bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
    const second = await request();
    await untilCrash(crashing(point));
    expect((await bench.release(second)).leaseOwner).toBe('doomed');
    expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server' });
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(second)).toMatchObject({ state: 'live', outcome: 'live', failure: null });
    expect(await bench.release(first)).toMatchObject({ state: 'retired' });
    expect(await checkPromises(bench)).toEqual([]);
  });
});

test.each(['retiring.before_drain', 'retiring.before_stop', 'retiring.before_remove'] as const)(
  'a crash at %s leaves the new release live, and the old instances are removed by the next worker',
  async (point) => {
    const first = await request();
    await bench.settle();
    bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
    const second = await request();
    await untilCrash(crashing(point));
    expect(await bench.release(second)).toMatchObject({ state: 'live' });
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(first)).toMatchObject({ state: 'retired' });
    expect(await checkPromises(bench)).toEqual([]);
  },
);

test.each(['undo.before', 'undo.before_remove', 'undo.before_commit'] as const)(
  'a crash at %s while a failed release is taken back is finished by the next worker',
  async (point) => {
    await request();
    await bench.settle();
    const before = bench.region.runtime.runningIds();
    bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
    bench.region.runtime.behave(() => true, { exit: { afterMs: 100, code: 3 }, ports: [], output: ['no database'] });
    const second = await request();
    await untilCrash(crashing(point));
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(second)).toMatchObject({
      state: 'failed',
      failure: { code: 'exited', phase: 'checking' },
    });
    expect(bench.region.runtime.runningIds()).toEqual(before);
    expect(await checkPromises(bench)).toEqual([]);
  },
);

test('an abort that was asked for before a crash is carried out by the next worker', async () => {
  const id = await request();
  await untilCrash(crashing('building.after_build'));
  await abortRelease(bench.ctx, { releaseId: id });
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({ state: 'aborted', outcome: 'aborted' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a build whose worker is lost twice fails and says so', async () => {
  const id = await request();
  const { region } = bench.engine;
  const diesBuilding = bench.worker('doomed', {
    region: (fence) => ({
      ...region(fence),
      builds: {
        ...region(fence).builds,
        build: () => Promise.reject(new InjectedCrash('inside the build')),
      },
    }),
  });
  await untilCrash(diesBuilding);
  await untilCrash(diesBuilding);
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({
    state: 'failed',
    failure: { code: 'worker_lost', phase: 'building' },
  });
});

test('a release that three workers died on in one state is given up by the next one', async () => {
  const id = await request();
  for (let life = 1; life <= 3; life += 1) await untilCrash(crashing('checking.before'));
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({ state: 'failed', failure: { code: 'internal', phase: 'checking' } });
});

test('a hook that was running when its worker died is waited for and runs once', async () => {
  await withHook();
  bench.region.runtime.behave((spec) => spec.role === 'hook', {
    exit: { afterMs: 20_000, code: 0 },
    output: ['migrating'],
  });
  const id = await request();
  await untilCrash(crashing('hook.after_start'));
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(bench.logs.texts(id, 'hook')).toEqual(['migrating']);
});

test('a hook that was started and is missing afterwards is not run again', async () => {
  await withHook();
  bench.region.runtime.behave((spec) => spec.role === 'hook', { exit: { afterMs: 10_000_000, code: 0 } });
  const id = await request();
  await untilCrash(crashing('hook.after_start'));
  const hook = bench.region.runtime.specs().find((spec) => spec.role === 'hook');
  await bench.region.region.instances.remove(hook?.id ?? '', new AbortController().signal);
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({
    state: 'failed',
    failure: { code: 'hook_interrupted', phase: 'hook' },
  });
  expect(await checkPromises(bench)).toEqual([]);
});
