import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { asc, eq } from 'drizzle-orm';
import { deployments, drafts } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { FakeSource } from '#server/source/fake.ts';
import { resumeAutomaticDeploys } from '#server/usecases/automatic-deploys.ts';
import { deployMovedBranches } from '#server/usecases/deploy-moved-branches.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { requestRollback } from '#server/usecases/request-rollback.ts';
import { setAutomaticDeploys } from '#server/usecases/set-automatic-deploys.ts';
import { lookAtRepositoryTask } from '#worker/tasks/look-at-repository.ts';
import { pollBranchTips } from '#worker/branch-tips.ts';

let database: TestDatabase;
let bench: Bench;
let deploymentId: string;
const signal = new AbortController().signal;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  ({ deploymentId } = bench.made);
  await requestRelease(bench.ctx, { deploymentId, kind: 'deploy' });
  await bench.settle();
  await look();
  await setAutomaticDeploys(bench.ctx, { deploymentId, enabled: true });
});
afterEach(async () => {
  await setAutomaticDeploys(bench.ctx, { deploymentId, enabled: false });
  await bench.close();
});

const push = (text: string): string => bench.source.commit(bench.made.repositoryId, { 'index.js': text });
const look = (sources = bench.source) =>
  pollBranchTips({ db: database.db, sources, key: bench.engine.keys.credentials, log: bench.engine.log }, signal); // prettier-ignore
const request = () =>
  deployMovedBranches({ db: database.db, sources: bench.source, keys: bench.engine.keys, log: bench.engine.log }, signal); // prettier-ignore
const round = async (): Promise<string[]> => {
  await look();
  return request();
};
const pushed = async () =>
  (await database.db.select().from(releases).where(eq(releases.deploymentId, deploymentId)).orderBy(asc(releases.number))).filter((row) => row.trigger.by === 'push'); // prettier-ignore
const liveCommit = async (): Promise<string | null> => {
  const [row] = await database.db.select().from(deployments).where(eq(deployments.id, deploymentId));
  const source = (await bench.release(row?.liveReleaseId ?? '')).snapshot.components[0]?.source;
  return source?.kind === 'repository' ? source.commit : null;
};

test('a branch that moves is deployed by itself, once, also when two workers look at the same moment and after a restart', async () => {
  expect(await round()).toEqual([]);
  const tip = push('two');
  await look();
  const requested = (await Promise.all([request(), request(), request()])).flat();
  expect(requested).toHaveLength(1);
  expect(await round()).toEqual([]);
  await bench.settle();
  expect(await round()).toEqual([]);
  expect(await liveCommit()).toBe(tip);
  expect(await pushed()).toMatchObject([{ kind: 'deploy', requestedBy: null, draftRevision: null, trigger: { by: 'push', ref: 'main' } }]); // prettier-ignore
});

test('of twenty pushes the first may finish, those that wait are superseded and the last goes live', async () => {
  push('first');
  await round();
  await bench.claim();
  let last = '';
  for (let index = 0; index < 19; index += 1) {
    last = push(`push ${String(index)}`);
    await round();
  }
  await bench.settle();
  const outcomes = (await pushed()).map((row) => row.outcome);
  expect(outcomes).toEqual(['live', ...Array.from({ length: 18 }, () => 'superseded'), 'live']);
  expect(await liveCommit()).toBe(last);
});

test('a draft edit stays out of it', async () => {
  const { componentId } = bench.made;
  await database.db
    .update(drafts)
    .set({ document: { components: [{ componentId, overrides: { instances: 3 } }] }, revision: 2 })
    .where(eq(drafts.deploymentId, deploymentId));
  push('two');
  const [id] = await round();
  expect((await bench.release(id ?? '')).snapshot.components[0]?.settings.instances).toBe(1);
});

test('while paused nothing is deployed; resumed, what was missed is deployed, and what was rolled back is not', async () => {
  const [first] = await database.db.select().from(releases).where(eq(releases.deploymentId, deploymentId));
  push('bad');
  await round();
  await bench.settle();
  await requestRollback(bench.ctx, { releaseId: first?.id ?? '' });
  await bench.settle();
  expect(await round()).toEqual([]);
  await resumeAutomaticDeploys(bench.ctx, { deploymentId });
  expect(await round()).toEqual([]);
  await database.db.update(deployments).set({ autoPausedReason: 'by a test' }).where(eq(deployments.id, deploymentId));
  const missed = push('mended');
  expect(await round()).toEqual([]);
  await resumeAutomaticDeploys(bench.ctx, { deploymentId });
  expect(await round()).toHaveLength(1);
  await bench.settle();
  expect(await liveCommit()).toBe(missed);
});

test('a host that was away for a while: the newest of the missed commits is deployed', async () => {
  push('missed');
  await look(new FakeSource());
  expect(await request()).toEqual([]);
  const newest = push('newest');
  expect(await round()).toHaveLength(1);
  await bench.settle();
  expect(await liveCommit()).toBe(newest);
});

test('a tip whose release failed is not tried again until the branch moves', async () => {
  bench.builds.script(bench.made.componentId, { failure: { kind: 'failed', code: 'build_failed', message: 'No.', advice: 'Mend it.' } }); // prettier-ignore
  push('broken');
  await round();
  await bench.settle();
  expect((await pushed()).at(-1)).toMatchObject({ outcome: 'failed' });
  expect(await round()).toEqual([]);
  push('whole');
  expect(await round()).toHaveLength(1);
});

test('what a person deployed already is not asked for again', async () => {
  const tip = push('by hand');
  await requestRelease(bench.ctx, { deploymentId, kind: 'deploy' });
  expect(await round()).toEqual([]);
  await bench.settle();
  expect(await liveCommit()).toBe(tip);
  expect(await round()).toEqual([]);
});

test('switched on, what the branch is at counts as seen', async () => {
  await setAutomaticDeploys(bench.ctx, { deploymentId, enabled: false });
  push('before');
  await look();
  await setAutomaticDeploys(bench.ctx, { deploymentId, enabled: true });
  expect(await round()).toEqual([]);
  push('after');
  expect(await round()).toHaveLength(1);
});

test('a repository that was pushed to is looked at by itself', async () => {
  const tip = push('pushed here');
  const task = lookAtRepositoryTask(bench.engine, signal);
  await task({ repositoryId: bench.made.repositoryId }, {} as Parameters<typeof task>[1]);
  await bench.settle();
  expect(await liveCommit()).toBe(tip);
});
