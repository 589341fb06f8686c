/** One at a time: held requests, the order of stop and start, and the way back. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { and, eq } from 'drizzle-orm';
import { deployments } from '#server/db/schema/projects.ts';
import { insertQueued } from '#server/db/releases.ts';
import { releases } from '#server/db/schema/releases.ts';
import { reconcilePower } from '#server/db/system/power.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { EdgeAnswer } from '#server/edge/fake.ts';
import { newId } from '#server/ids.ts';
import { InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { createSwapBench, type SwapBench } from '#server/release/swap-bench.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { operateDeployment } from '#server/usecases/operate-deployment.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: SwapBench;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createSwapBench(database);
});
afterEach(() => bench.close());

test('requests of a component that is replaced wait for the new instance, which starts only after the old one ended', async () => {
  const first = await bench.deploy();
  const old = bench.running();
  const answers: Promise<EdgeAnswer>[] = [];
  let between: string[] | null = null;
  const worker = bench.worker('worker-2', {
    fault: (point) => {
      if (point === 'swap.after_hold') answers.push(bench.edge.arrive(bench.host), bench.edge.arrive(bench.host));
      if (point === 'swap.after_stop') between = bench.running();
    },
  });
  const second = await bench.deploy(worker);
  expect(between).toEqual([]);
  expect(bench.running()).not.toEqual(old);
  expect(await Promise.all(answers)).toEqual([
    expect.objectContaining({ kind: 'server', release: second, server: bench.running()[0] }),
    expect.objectContaining({ kind: 'server', release: second }),
  ]);
  expect(await bench.release(second)).toMatchObject({
    state: 'live',
    report: { servedRequests: 2, failedRequests: 0, heldRequests: 2 },
  });
  expect(await bench.release(first)).toMatchObject({ state: 'retired' });
  expect(bench.doubles).toEqual([]);
  expect(await checkPromises(bench)).toEqual([]);
});

test('a request in flight ends on the old instance before that is stopped', async () => {
  await bench.deploy();
  const open = bench.edge.hold(bench.host);
  let looks = 0;
  const drain = bench.edge.drain.bind(bench.edge);
  bench.edge.drain = async (...args) => {
    looks += 1;
    if (looks === 5) open.end();
    if (looks < 5) expect(bench.running()).toEqual([open.server]);
    return drain(...args);
  };
  const id = await bench.deploy();
  expect((await bench.release(id)).report).toMatchObject({ drainedConnections: 1, cutConnections: 0 });
  expect(bench.doubles).toEqual([]);
});

describe.each([
  ['never listens', { ports: [] }, 'boot_timeout'],
  ['ends at once', { exit: { afterMs: 10, code: 3 }, ports: [] }, 'exited'],
] as const)('a new instance that %s', (_what, behaviour, code) => {
  test('is taken away, and the old one serves again, requests that waited among them', async () => {
    await bench.configure({ handOver: 'single', readiness: { deadlineSeconds: 10 } });
    const first = await bench.deploy();
    const [old] = bench.running();
    bench.behave((spec) => spec.id !== old, behaviour);
    const answers: Promise<EdgeAnswer>[] = [];
    const second = await bench.deploy(
      bench.at(
        'swap.after_hold',
        () => void answers.push(bench.edge.arrive(bench.host), bench.edge.arrive(bench.host)),
      ),
    );
    expect(await bench.release(second)).toMatchObject({ state: 'failed', failure: { code, phase: 'switching' } });
    expect(bench.running()).toEqual([old]);
    expect(bench.region.runtime.isKeptAlive(old ?? '')).toBe(true);
    expect(await Promise.all(answers)).toEqual([
      expect.objectContaining({ kind: 'server', release: first, server: old }),
      expect.objectContaining({ kind: 'server', release: first, server: old }),
    ]);
    expect(bench.doubles).toEqual([]);
    expect(await checkPromises(bench)).toEqual([]);
  });
});

test('an abort while the new instance starts brings the old one back', async () => {
  await bench.deploy();
  const [old] = bench.running();
  bench.behave((spec) => spec.id !== old, { listenAfterMs: 30_000 });
  const id = await bench.request();
  let aborted: Promise<unknown> = Promise.resolve();
  await bench.settle(
    bench.at('swap.after_start', () => {
      aborted = abortRelease(bench.ctx, { releaseId: id });
    }),
  );
  await aborted;
  expect(await bench.release(id)).toMatchObject({ state: 'aborted' });
  expect(bench.running()).toEqual([old]);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', server: old });
  expect(bench.doubles).toEqual([]);
  expect(await checkPromises(bench)).toEqual([]);
});

test('what has no routes is replaced one at a time as well, and the others keep serving', async () => {
  await bench.configure({});
  const db = await bench.addComponent('db', 'add-on', { run: { port: 5432 } });
  await bench.deploy();
  const web = bench.running();
  const old = bench.running(db);
  await bench.configure({ run: { port: 5432 }, size: { memoryMib: 256 } }, db);
  const { deploymentId } = bench.made;
  const { releaseId: id } = await requestRelease(bench.ctx, { deploymentId, kind: 'configuration' });
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(bench.running()).toEqual(web);
  expect(bench.running(db)).toHaveLength(1);
  expect(bench.running(db)).not.toEqual(old);
  expect(bench.doubles).toEqual([]);
  expect(await checkPromises(bench)).toEqual([]);
});

test('a restart replaces one at a time', async () => {
  await bench.deploy();
  const old = bench.running();
  await operateDeployment(bench.ctx, { kind: 'restart', deploymentId: bench.made.deploymentId });
  await bench.settle();
  expect(bench.running()).toHaveLength(1);
  expect(bench.running()).not.toEqual(old);
  expect(bench.doubles).toEqual([]);
  expect(await checkPromises(bench)).toEqual([]);
});

test('what is resumed while its last instance still ends waits for that', async () => {
  await bench.deploy();
  const power = (value: 'trashed' | 'running') =>
    database.db
      .update(deployments)
      .set({ power: value, deletedAt: value === 'trashed' ? new Date() : null })
      .where(eq(deployments.id, bench.made.deploymentId));
  await power('trashed');
  await reconcilePower(database.db, bench.engine.now);
  const doomed = bench.doomed('retiring.before_stop');
  await expect(bench.settle(doomed)).rejects.toThrow(InjectedCrash);
  expect(bench.running()).toHaveLength(1);
  await power('running');
  const resume = newId('release');
  const { orgId, projectId, deploymentId, regionId } = bench.made;
  const [live] = await database.db
    .select()
    .from(releases)
    .where(and(eq(releases.deploymentId, deploymentId), eq(releases.number, 1)));
  if (!live) throw new Error('no release');
  await database.db.transaction((tx) =>
    insertQueued(tx, { ...live, id: resume, orgId, projectId, deploymentId, regionId, number: null, kind: 'resume', lane: 'rollout', outcome: null, liveAt: null, routeGeneration: null, leaseOwner: null, leaseUntil: null, report: null, reportBase: null, snapshot: { ...live.snapshot, affects: [bench.made.componentId] } }),
  ); // prettier-ignore
  await bench.claim();
  const resuming = bench.advance(resume, bench.worker('resumer'));
  await expect
    .poll(async () => (await bench.release(resume)).heldReason ?? '', { interval: 5, timeout: 15_000 })
    .toContain('one at a time');
  expect(bench.running()).toHaveLength(1);
  await bench.settle(bench.worker('heir'));
  await resuming;
  await bench.settle();
  expect(await bench.release(resume)).toMatchObject({ outcome: 'live' });
  expect(bench.running()).toHaveLength(1);
  expect(bench.doubles).toEqual([]);
});
