/** Aborting and superseding in every state, and what a worker that lost its lease may still do: nothing. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { endDeadLeases, extendLease, fencedWrite, takeLease } from '#server/db/system/leases.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import type { FaultPoint } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
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

const request = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
const never = new AbortController().signal;

/** Where the release stands while somebody aborts it: at the point the worker waits until the abort was answered. */
const states: readonly (readonly [ReleaseState, FaultPoint])[] = [
  ['fetching', 'fetching.after_fetch'],
  ['building', 'building.after_build'],
  ['storing', 'storing.after_store'],
  ['starting', 'starting.after_start'],
  ['checking', 'checking.before_commit'],
  ['hook', 'hook.after_start'],
  ['switching', 'switching.before_publish'],
];
describe.each(states)('while %s', (state, point) => {
  test('an abort is answered at once and leaves what was live, and nothing of the release', async () => {
    await database.db.update(components).set({ settings: { hook: { postdeploy: 'migrate' } } }).where(eq(components.id, bench.made.componentId)); // prettier-ignore
    const first = await request();
    await bench.settle();
    const before = bench.region.runtime.runningIds();
    bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
    const id = await request();
    let aborting: Promise<unknown> | undefined;
    const observed: ReleaseState[] = [];
    // The abort begins at the point; its row lock lets it pass before the worker's next write.
    const worker = bench.worker('worker-1', {
      fault: (visited) => {
        if (visited !== point || aborting) return;
        observed.push(state);
        aborting = abortRelease(bench.ctx, { releaseId: id });
      },
      watch: () => () => undefined,
    });
    const paused = pauseAfter(worker, () => aborting);
    await bench.settle(paused);
    await aborting;
    expect(observed).toEqual([state]);
    expect(await bench.release(id)).toMatchObject({ state: 'aborted', outcome: 'aborted' });
    expect(await bench.release(first)).toMatchObject({ state: 'live' });
    expect(bench.region.runtime.runningIds()).toEqual(before);
    expect(await checkPromises(bench)).toEqual([]);
  });
});

/** A worker whose calls of the machine wait for the abort, so that the order of the two is always the same. */
function pauseAfter(worker: Bench['engine'], pending: () => Promise<unknown> | undefined): Bench['engine'] {
  const { db } = worker;
  return {
    ...worker,
    db: new Proxy(db, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'transaction' || typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await pending();
          return Reflect.apply(value, target, args);
        };
      },
    }),
  };
}

test('a release that waits is aborted without ever starting, and twice is fine', async () => {
  const id = await request();
  await abortRelease(bench.ctx, { releaseId: id });
  await abortRelease(bench.ctx, { releaseId: id });
  expect(await bench.release(id)).toMatchObject({ state: 'aborted', startedAt: null });
  expect(await bench.claim()).toEqual([]);
});

test('once its routes are published a release cannot be aborted any more', async () => {
  const id = await request();
  let refused: Promise<unknown> | undefined;
  const worker = bench.worker('worker-1', {
    fault: (point) => {
      if (point === 'switching.before_ack')
        refused = abortRelease(bench.ctx, { releaseId: id }).catch((error: unknown) => error);
    },
  });
  await bench.settle(worker);
  expect(await refused).toMatchObject({ code: 'conflict', message: 'It is already live: use rollback to go back.' });
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  await expect(abortRelease(bench.ctx, { releaseId: id })).rejects.toMatchObject({ code: 'conflict' });
});

test('an abort ends a running build within one heartbeat', async () => {
  bench.builds.script(bench.made.componentId, { takesMs: 3_600_000 });
  const id = await request();
  await bench.claim();
  const running = bench.advance(id);
  await expect.poll(() => bench.builds.running.size, { interval: 5 }).toBe(1);
  await abortRelease(bench.ctx, { releaseId: id });
  await running;
  expect(bench.builds.running.size).toBe(0);
  expect(await bench.release(id)).toMatchObject({ state: 'aborted' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('somebody who may only look cannot abort, and a foreign release is not found', async () => {
  const id = await request();
  const viewer = { ...bench.ctx, actor: { ...bench.ctx.actor, role: 'viewer' as const } };
  await expect(abortRelease(viewer, { releaseId: id })).rejects.toMatchObject({ code: 'forbidden' });
  const foreign = { ...bench.ctx, actor: { ...bench.ctx.actor, orgId: 'org_other' } };
  await expect(abortRelease(foreign, { releaseId: id })).rejects.toMatchObject({ code: 'not_found' });
  await bench.settle();
});

test('a worker that was paused beyond its lease is refused by the database, the machine and the edge', async () => {
  const id = await request();
  await bench.claim();
  const { engine, time } = bench;
  const stale = await takeLease(engine.db, engine.now, id, 'stale', engine.times.lease);
  if (!stale) throw new Error('No lease');
  expect(await takeLease(engine.db, engine.now, id, 'early', engine.times.lease)).toBeNull();
  time.advance(engine.times.lease + 1000);
  await bench.settle(bench.worker('heir'));
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
  expect(await extendLease(engine.db, engine.now, stale, engine.times.lease)).toBeNull();
  await expect(fencedWrite(engine.db, stale, 'fetching', async () => undefined)).rejects.toMatchObject({
    code: 'fenced',
  });
  const [spec] = bench.region.runtime.specs();
  if (!spec) throw new Error('Nothing runs');
  const machine = engine.region({ scope: id, number: stale.fence });
  await expect(machine.instances.stop(spec.id, 0, never)).rejects.toMatchObject({ code: 'fenced' });
  await expect(machine.builds.discard(`${id}/x`, never)).rejects.toMatchObject({ code: 'fenced' });
  const [published] = bench.edge.history;
  const routing = engine.region({ scope: bench.made.deploymentId, number: stale.fence });
  if (published)
    await expect(routing.edge.publish({ ...published, generation: 99 }, never)).rejects.toMatchObject({
      code: 'fenced',
    });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a worker that starts where a dead one held leases need not wait for them, and others keep theirs', async () => {
  const id = await request();
  await bench.claim();
  const { engine } = bench;
  await takeLease(engine.db, engine.now, id, 'here:1', engine.times.lease);
  expect(await endDeadLeases(engine.db, engine.now, (owner) => owner === 'there:1')).toBe(0);
  expect(await takeLease(engine.db, engine.now, id, 'here:2', engine.times.lease)).toBeNull();
  expect(await endDeadLeases(engine.db, engine.now, (owner) => owner === 'here:1')).toBe(1);
  await bench.settle();
  expect(await bench.release(id)).toMatchObject({ state: 'live' });
});

test('a newer deploy supersedes the one that waits, and the one that works goes on', async () => {
  const first = await request();
  await bench.claim();
  const second = await request();
  const third = await request();
  expect(await bench.release(second)).toMatchObject({
    state: 'superseded',
    outcome: 'superseded',
    supersededBy: third,
  });
  await bench.settle();
  expect(await bench.release(first)).toMatchObject({ state: 'retired', outcome: 'live' });
  expect(await bench.release(third)).toMatchObject({ state: 'live', previousReleaseId: first });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a deploy whose code cannot be had leaves the one that waits alone', async () => {
  await request();
  await bench.claim();
  const waiting = await request();
  bench.source.failNext('resolve', sourceFailure('clone_refused'));
  expect(await bench.release(await request())).toMatchObject({ state: 'failed' });
  expect(await bench.release(waiting)).toMatchObject({ state: 'queued' });
  await bench.settle();
  expect(await bench.release(waiting)).toMatchObject({ state: 'live' });
});

test('a push supersedes waiting pushes and leaves a deploy with draft edits alone', async () => {
  const byPush = async (): Promise<string> =>
    (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'trigger', trigger: { by: 'push', ref: 'main' } })).releaseId; // prettier-ignore
  await request();
  await bench.settle();
  await request();
  await bench.claim();
  const manual = await request();
  const push = await byPush();
  const newer = await byPush();
  expect(await bench.release(manual)).toMatchObject({ state: 'queued' });
  expect(await bench.release(push)).toMatchObject({ state: 'superseded' });
  expect(await bench.release(newer)).toMatchObject({ state: 'queued' });
  await bench.settle();
  expect(await bench.release(newer)).toMatchObject({ state: 'live' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a request that was shown another revision of the draft is a conflict', async () => {
  const late = requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 7 });
  await expect(late).rejects.toMatchObject({ code: 'conflict', field: 'draftRevision' });
});
