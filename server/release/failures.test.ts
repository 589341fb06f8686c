/** Every way a release ends without going live: phase, code, reason, the last lines and the link that mends it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { eq } from 'drizzle-orm';
import { components, drafts } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { FailureCode } from '#server/domain/release.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { sourceFailure } from '#server/source/failures.ts';
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

const configure = (settings: SettingsOverrides) =>
  database.db.update(components).set({ settings }).where(eq(components.id, bench.made.componentId));
const request = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
const changeCode = (): void => void bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });

/** A live release, then a second one under the circumstances of the case: it fails so, and the first keeps serving. */
async function expectFailure(phase: ReleaseState, code: FailureCode, spoil: () => unknown) {
  const first = await request();
  await bench.settle();
  changeCode();
  await spoil();
  const second = await request();
  await bench.settle();
  const release = await bench.release(second);
  expect(release).toMatchObject({ state: 'failed', outcome: 'failed', failure: { phase, code } });
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: first });
  expect(await checkPromises(bench)).toEqual([]);
  if (!release.failure) throw new Error('No failure');
  return release.failure;
}
const setting = (path: string) => ({ kind: 'setting', componentId: bench.made.componentId, path });

test.each(['clone_refused', 'clone_credentials', 'clone_too_large', 'host_key_changed', 'repository_empty'] as const)(
  'a repository that ends with %s while it is fetched',
  async (code) => {
    await expectFailure('fetching', code, () => bench.source.failNext('fetch', sourceFailure(code)));
  },
);

test('a branch that is missing when the release is requested gets a number, a reason and a link to the ref', async () => {
  bench.source.failNext('resolve', sourceFailure('ref_missing', 'There is no branch “main”.'));
  const release = await bench.release(await request());
  expect(release).toMatchObject({
    state: 'failed',
    number: 1,
    failure: { code: 'ref_missing', fix: setting('ref.name') },
  });
});

test('a host that never answers ends as clone_timeout at the limit of the state', async () => {
  await expectFailure('fetching', 'clone_timeout', () => bench.source.failNext('fetch', new AppError('unavailable', 'down'), 1000)); // prettier-ignore
});

test('a folder that no planner knows names the setting', async () => {
  const plan = () =>
    Promise.resolve({ kind: 'failed', code: 'no_planner', message: 'Nothing.', advice: 'Add a Dockerfile.', setting: 'rootDirectory' } as const); // prettier-ignore
  const failure = await expectFailure('fetching', 'no_planner', () => Object.assign(bench.engine, { plan }));
  expect(failure.fix).toEqual(setting('rootDirectory'));
});

test('a fault of ours in the build is called ours, not a lost worker', async () => {
  await expectFailure('building', 'internal', () =>
    Object.assign(bench.builds, { build: () => Promise.reject(new AppError('internal', 'The agent failed.')) }),
  );
});

test('a failing build keeps its last 50 lines', async () => {
  const lines = Array.from({ length: 80 }, (_, index) => `line ${index + 1}`);
  const failure = await expectFailure('building', 'build_failed', () =>
    bench.builds.script(bench.made.componentId, {
      steps: [{ name: 'npm ci', lines }],
      failure: { kind: 'failed', code: 'build_failed', message: 'npm ci ended with 1', advice: 'Read the log.' },
    }),
  );
  expect(failure.lastLines).toHaveLength(50);
  expect(failure.lastLines.slice(-2)).toEqual(['line 80', 'npm ci (failed)']);
});

test('a build engine that stays away ends at the limit of the state', async () => {
  await expectFailure('building', 'build_timeout', () => bench.builds.script(bench.made.componentId, { away: true }));
});

test('a build that loses a step it shared with another build is tried again within the limit of the state', async () => {
  bench.builds.script(bench.made.componentId, { away: true });
  const id = await request();
  const running = bench.settle();
  await vi.waitFor(() => expect(bench.builds.begun.length).toBeGreaterThan(1));
  bench.builds.script(bench.made.componentId, {});
  await running;
  expect(await bench.release(id)).toMatchObject({ state: 'live', failure: null });
  expect(await checkPromises(bench)).toEqual([]);
});

test('an instance that exits is started again twice, then fails with what it printed', async () => {
  const failure = await expectFailure(
    'checking',
    'exited',
    () =>
    bench.region.runtime.behave(() => true, { ports: [], exit: { afterMs: 500, code: 3 }, output: ['starting', { stderr: 'no database' }] }), // prettier-ignore
  );
  expect(failure.lastLines).toEqual(Array.from({ length: 3 }, () => ['starting', 'no database']).flat());
  expect(failure.message).toContain('exit code 3 before it was ready, 3 times');
});

test('an instance whose third start works is ready, and the release goes live', async () => {
  let starts = 0;
  bench.region.runtime.behave(() => (starts += 1) <= 2, { ports: [], exit: { afterMs: 100, code: 1 } });
  const id = await request();
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(starts).toBe(3);
  expect(await checkPromises(bench)).toEqual([]);
});

test('when one component works and another crashes, the whole release fails and nothing old is removed', async () => {
  const jobs = newId('component');
  const { orgId, projectId, repositoryId, componentId, deploymentId } = bench.made;
  await database.db.insert(components).values({ id: jobs, orgId, projectId, name: 'jobs', kind: 'worker', repositoryId });
  const both = [componentId, jobs].map((id) => ({ componentId: id, overrides: {} }));
  await database.db.update(drafts).set({ document: { components: both } }).where(eq(drafts.deploymentId, deploymentId));
  let before: string[] = [];
  const failure = await expectFailure('checking', 'exited', () => {
    before = bench.region.runtime.runningIds();
    bench.region.runtime.behave((spec) => spec.componentId === jobs, { exit: { afterMs: 50, code: 7 } });
  });
  expect(failure).toMatchObject({ componentId: jobs });
  expect(before).toHaveLength(2);
  expect(bench.region.runtime.runningIds().toSorted()).toEqual(before.toSorted());
}); // prettier-ignore

test('a check that is right once and then wrong, or that hangs, is not ready', async () => {
  await configure({ readiness: { http: { path: '/health', status: 200 } } });
  let asked = 0;
  const failure = await expectFailure('checking', 'health_check', () =>
    bench.region.runtime.behave(() => true, { status: () => ((asked += 1) % 3 === 0 ? null : 200) }),
  );
  expect(failure.message).toContain('within 60 s');
});

test('an instance that needs too much memory says the limit and offers more', async () => {
  const failure = await expectFailure('checking', 'out_of_memory', () =>
    bench.region.runtime.behave(() => true, { ports: [], exit: { afterMs: 200, code: 137, outOfMemory: true } }),
  );
  expect(failure.message).toContain('512 MiB');
  expect(failure.fix).toMatchObject({ path: 'size.memoryMib', suggestion: { value: 1024 } });
});

test('an instance that listens on another port is told which, with one click to use it', async () => {
  const failure = await expectFailure('checking', 'wrong_port', () =>
    bench.region.runtime.behave(() => true, { ports: [{ port: 8080, loopbackOnly: false }] }),
  );
  expect(failure.message).toContain('it listens on 8080');
  expect(failure.fix).toEqual({ ...setting('run.port'), suggestion: { label: 'Use 8080', value: 8080 } });
});

test('an instance that listens on 127.0.0.1 only is told so', async () => {
  await expectFailure('checking', 'loopback_only', () =>
    bench.region.runtime.behave(() => true, { ports: [{ port: 3000, loopbackOnly: true }] }),
  );
});

test('an instance that never listens fails at its deadline', async () => {
  const failure = await expectFailure('checking', 'boot_timeout', () =>
    bench.region.runtime.behave(() => true, { ports: [] }),
  );
  expect(failure.message).toContain('within 60 s');
});

test('an HTTP check that answers wrong names the answer', async () => {
  await configure({ readiness: { http: { path: '/health', status: 200 } } });
  const failure = await expectFailure('checking', 'health_check', () =>
    bench.region.runtime.behave(() => true, { status: () => 500 }),
  );
  expect(failure.message).toContain('/health answered 500');
});

test('a failing hook keeps the previous release, with what the hook printed', async () => {
  await configure({ hook: { postdeploy: 'migrate' } });
  const failure = await expectFailure('hook', 'hook_failed', () =>
    bench.region.runtime.behave((spec) => spec.role === 'hook', {
      exit: { afterMs: 100, code: 2 },
      output: ['no such table'],
    }),
  );
  expect(failure.lastLines).toEqual(['no such table']);
});

test('a hook without an end fails at its limit', async () => {
  await configure({ hook: { postdeploy: 'migrate' } });
  await expectFailure('hook', 'hook_timeout', () =>
    bench.region.runtime.behave((spec) => spec.role === 'hook', { exit: { afterMs: 100_000_000, code: 0 } }),
  );
});

test('a hook whose instance is removed while it runs is called interrupted, not slow', async () => {
  await configure({ hook: { postdeploy: 'migrate' } });
  const { runtime } = bench.region;
  runtime.behave((spec) => spec.role === 'hook', { exit: { afterMs: 100_000_000, code: 0 } });
  const fault = createFault({ point: 'hook.after_start', how: 'throw', visit: 1 }, () => {
    for (const spec of runtime.specs())
      if (spec.role === 'hook') void runtime.remove(spec.id, new AbortController().signal);
  });
  const id = await request();
  await bench.settle(bench.worker('worker-2', { fault }));
  expect(await bench.release(id)).toMatchObject({ state: 'failed', failure: { code: 'hook_interrupted' } });
});

test('a machine without memory for the new beside the old holds the release with both numbers, then fails it', async () => {
  const failure = await expectFailure('starting', 'capacity', () => {
    bench.region.capacity.value = { memoryTotalMib: 1024, memoryFreeMib: 300, cpuMillis: 2000 };
  });
  expect(failure.message).toContain('need 512 MiB');
  expect(failure.message).toContain('300 MiB are free');
});

test('an edge that refuses the routes fails the release, and the previous routes are in force again', async () => {
  const refusing = bench.engine.region;
  await expectFailure('switching', 'edge_refused', () => {
    let refusals = 1;
    bench.engine.region = (fence) => {
      const real = refusing(fence);
      const publish: typeof real.edge.publish = (publication, signal) =>
        refusals-- > 0 ? Promise.reject(new AppError('conflict', 'refused')) : real.edge.publish(publication, signal);
      return { ...real, edge: { ...real.edge, publish } };
    };
  });
});

test('an edge that took the routes and never confirmed gets the previous ones back', async () => {
  const silent = bench.engine.region;
  await expectFailure('switching', 'edge_refused', () => {
    let asked = 0;
    bench.engine.region = (fence) => {
      const real = silent(fence);
      const confirmed: typeof real.edge.confirmed = async (id, signal) =>
        asked++ < 2000 ? 0 : real.edge.confirmed(id, signal);
      return { ...real, edge: { ...real.edge, confirmed } };
    };
  });
});

test('a first deploy that fails leaves a page that says that nothing is deployed yet', async () => {
  bench.region.runtime.behave(() => true, { ports: [], exit: { afterMs: 100, code: 1 } });
  const id = await request();
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'failed' });
  expect(bench.edge.request(bench.host)).toEqual({ kind: 'notice', state: 'not-deployed' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('an engine that is away for a while delays the release and does not fail it', async () => {
  const id = await request();
  await bench.claim();
  bench.region.runtime.goAway();
  const running = bench.advance(id);
  await expect.poll(async () => (await bench.release(id)).attempts, { interval: 5 }).toBeGreaterThan(1);
  bench.region.runtime.comeBack();
  await running;
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
});

test('a draft without a component cannot be deployed', async () => {
  await database.db
    .update(drafts)
    .set({ document: { components: [] } })
    .where(eq(drafts.deploymentId, bench.made.deploymentId));
  await expect(request()).rejects.toMatchObject({ code: 'bad_input', field: 'components' });
});
