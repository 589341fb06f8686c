/** What a rollback restores, ends, pauses and refuses. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { and, eq, isNull } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { components, deployments, drafts, variables } from '#server/db/schema/projects.ts';
import { artifacts, deploymentEvents, releaseComponents, releases } from '#server/db/schema/releases.ts';
import { revertCrashLoops } from '#server/db/system/auto-revert.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { seal } from '#server/secret.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { requestRollback } from '#server/usecases/request-rollback.ts';
import { resumeAutomaticDeploys } from '#server/usecases/automatic-deploys.ts';
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

const request = async (): Promise<string> =>
  (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' })).releaseId;
const rollBack = async (releaseId: string): Promise<string> =>
  (await requestRollback(bench.ctx, { releaseId })).releaseId;
const changeCode = (): void => void bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });
const configure = (settings: SettingsOverrides) =>
  database.db.update(components).set({ settings }).where(eq(components.id, bench.made.componentId));
async function deploy(): Promise<string> {
  const id = await request();
  await bench.settle();
  changeCode();
  return id;
}
async function setVariable(key: string, value: string): Promise<string> {
  const id = newId('variable');
  const { orgId, projectId, deploymentId } = bench.made;
  const current = and(eq(variables.projectId, projectId), eq(variables.key, key), isNull(variables.replacedAt));
  await database.db.update(variables).set({ replacedAt: new Date() }).where(current);
  await database.db.insert(variables).values({ id, orgId, projectId, deploymentId, scope: 'deployment', key, sealed: seal(testKey, `${orgId}/${id}`, value) }); // prettier-ignore
  return id;
}
const deployment = async () => {
  const [row] = await database.db.select().from(deployments).where(eq(deployments.id, bench.made.deploymentId));
  if (!row) throw new Error('The deployment is gone.');
  return row;
};
const hookCount = (): Promise<number> =>
  database.db.$count(instances, and(eq(instances.deploymentId, bench.made.deploymentId), eq(instances.role, 'hook')));
async function artifactOf(releaseId: string): Promise<typeof artifacts.$inferSelect> {
  const [row] = await database.db
    .select({ artifact: artifacts })
    .from(artifacts)
    .innerJoin(releaseComponents, eq(releaseComponents.artifactId, artifacts.id))
    .where(eq(releaseComponents.releaseId, releaseId));
  if (!row) throw new Error('The release has no artifact.');
  return row.artifact;
}
const running = () => {
  const ids = new Set(bench.region.runtime.runningIds());
  return bench.region.runtime.specs().filter((spec) => ids.has(spec.id));
};

test('a rollback runs the old image with the old settings and values, builds nothing and runs no hook', async () => {
  await configure({ size: { memoryMib: 100 }, hook: { postdeploy: 'migrate' } });
  await setVariable('MODE', 'one');
  const first = await deploy();
  const [was] = running();
  await configure({ size: { memoryMib: 200 }, hook: { postdeploy: 'migrate' } });
  await setVariable('MODE', 'two');
  await deploy();
  const [builds, hooks] = [bench.builds.begun.length, await hookCount()];
  const back = await rollBack(first);
  await bench.settle();
  expect(await bench.release(back)).toMatchObject({
    state: 'live',
    number: 3,
    kind: 'rollback',
    trigger: { by: 'rollback', toNumber: 1 },
  });
  expect(running()).toMatchObject([{ image: was?.image, memoryMib: 100, env: { MODE: 'one', RELEASE: '3' } }]);
  expect(bench.builds.begun).toHaveLength(builds);
  expect(await hookCount()).toBe(hooks);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: back });
  expect(await checkPromises(bench)).toEqual([]);
});

test('a revoked value does not come back: the current one takes its place', async () => {
  const leaked = await setVariable('KEY', 'leaked');
  const first = await deploy();
  await setVariable('KEY', 'fresh');
  await database.db.update(variables).set({ revokedAt: new Date() }).where(eq(variables.id, leaked));
  await deploy();
  await rollBack(first);
  await bench.settle();
  expect(running()[0]?.env).toMatchObject({ KEY: 'fresh' });
});

test('an add-on keeps its instance, version and credentials', async () => {
  const addOn = newId('component');
  const { orgId, projectId, deploymentId, componentId } = bench.made;
  const image = (letter: string): string => `registry.test/db@sha256:${letter.repeat(64)}`;
  for (const letter of ['a', 'b']) bench.region.artifacts.offer(image(letter), { exposedPorts: [5432] });
  await database.db.insert(components).values({ id: addOn, orgId, projectId, name: 'db', kind: 'add-on', image: image('a'), position: 1 }); // prettier-ignore
  await database.db.update(drafts).set({ document: { components: [{ componentId, overrides: {} }, { componentId: addOn, overrides: {} }] } }).where(eq(drafts.deploymentId, deploymentId)); // prettier-ignore
  const first = await deploy();
  await database.db
    .update(components)
    .set({ image: image('b') })
    .where(eq(components.id, addOn));
  await deploy();
  const before = running().find((spec) => spec.componentId === addOn);
  await rollBack(first);
  await bench.settle();
  expect(before?.image).toBe(image('b'));
  expect(running().find((spec) => spec.componentId === addOn)?.id).toBe(before?.id);
});

test('a rollback ends what works and what waits, and leaves nothing of it', async () => {
  const first = await deploy();
  await deploy();
  bench.builds.script(bench.made.componentId, { takesMs: 3_600_000 });
  const working = await request();
  await bench.claim();
  const building = bench.advance(working);
  await expect.poll(() => bench.builds.running.size, { interval: 5 }).toBe(1);
  changeCode();
  const waiting = await request();
  const back = await rollBack(first);
  bench.time.advance(5000); // the heartbeat notices
  await building;
  await bench.settle();
  for (const id of [working, waiting])
    expect(await bench.release(id)).toMatchObject({ outcome: 'superseded', supersededBy: back });
  expect(await bench.release(back)).toMatchObject({ state: 'live' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('the second identical request answers the first, also when both come at once or the first is live', async () => {
  const first = await deploy();
  await deploy();
  const both = await Promise.all([rollBack(first), rollBack(first)]);
  expect(both[0]).toBe(both[1]);
  await bench.settle();
  expect(await rollBack(first)).toBe(both[0]);
  expect(await bench.claim()).toEqual([]);
});

test('one after the other to different releases: the later request wins', async () => {
  const first = await deploy();
  const second = await deploy();
  await deploy();
  const one = await rollBack(first);
  const two = await rollBack(second);
  await bench.settle();
  expect(await bench.release(one)).toMatchObject({ outcome: 'superseded', supersededBy: two });
  expect(await bench.release(two)).toMatchObject({ state: 'live' });
});

test('the live one and one that failed are refused; a pruned one names the releases that can be restored', async () => {
  const first = await deploy();
  const second = await deploy();
  const third = await deploy();
  await expect(rollBack(third)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('live now') as string }); // prettier-ignore
  const { id } = await artifactOf(first);
  await database.db.update(artifacts).set({ removedAt: new Date() }).where(eq(artifacts.id, id));
  await expect(rollBack(first)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/Release 1 cannot .* image of web was removed .* Releases that can: 2\./) as string,
  });
  expect(await rollBack(second)).toMatch(/^rel_/);
});

test('an image that the machine has lost fails the rollback, keeps what serves and is not offered again', async () => {
  const first = await deploy();
  const second = await deploy();
  await bench.region.artifacts.remove((await artifactOf(first)).reference, new AbortController().signal);
  const back = await rollBack(first);
  await bench.settle();
  expect(await bench.release(back)).toMatchObject({ state: 'failed', failure: { code: 'image_unavailable' } });
  expect(bench.edge.request(bench.host)).toMatchObject({ release: second });
  await expect(rollBack(first)).rejects.toMatchObject({ code: 'conflict' });
});

test('automatic deploys pause with the reason until a person resumes them', async () => {
  const first = await deploy();
  await deploy();
  await rollBack(first);
  expect((await deployment()).autoPausedReason).toBe('rolled back to release 1');
  await bench.settle();
  await deploy();
  expect((await deployment()).autoPausedReason).not.toBeNull();
  await resumeAutomaticDeploys(bench.ctx, { deploymentId: bench.made.deploymentId });
  expect((await deployment()).autoPausedReason).toBeNull();
});

test('a rollback goes before everything else that waits for the rollout lane', async () => {
  const first = await deploy();
  await deploy();
  const other = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'configuration' });
  const back = await rollBack(first);
  expect(await bench.claim()).toEqual([back]);
  expect((await database.db.select().from(releases).where(eq(releases.id, other.releaseId)))[0]?.state).toBe('superseded'); // prettier-ignore
});

const looping = (releaseId: string, restarts = 3) =>
  database.db.update(instances).set({ restarts }).where(eq(instances.startedBy, releaseId));
const allowRevert = () =>
  database.db.update(deployments).set({ autoRevert: true }).where(eq(deployments.id, bench.made.deploymentId));
const revert = () => revertCrashLoops(database.db, bench.engine.now);

test('a release that crashes three times soon after it went live is taken back, once, and pushes pause', async () => {
  const first = await deploy();
  const second = await deploy();
  await looping(second);
  expect(await revert()).toBe(0);
  await allowRevert();
  await looping(second, 2);
  expect(await revert()).toBe(0);
  await looping(second);
  expect(await revert()).toBe(1);
  expect(await revert()).toBe(0);
  await bench.settle();
  const { liveReleaseId, autoPausedReason } = await deployment();
  expect(await bench.release(liveReleaseId ?? '')).toMatchObject({ kind: 'rollback', requestedBy: null, trigger: { by: 'rollback', toNumber: 1, because: 'web exited 3 times within 5 minutes' } }); // prettier-ignore
  expect(autoPausedReason).toContain('release 2 was reverted to 1');
  await looping(liveReleaseId ?? '');
  expect(await revert()).toBe(0);
  expect(bench.edge.request(bench.host)).toMatchObject({ release: liveReleaseId });
  expect(await bench.release(first)).toMatchObject({ state: 'retired' });
});

test('a crash loop after five minutes, after a hook or beside a newer request is left alone', async () => {
  await allowRevert();
  await deploy();
  const second = await deploy();
  await looping(second);
  const fix = await request();
  expect(await revert()).toBe(0);
  await bench.settle();
  await looping(fix);
  bench.time.advance(301_000);
  expect(await revert()).toBe(0);
  await configure({ hook: { postdeploy: 'migrate' } });
  changeCode();
  const hooked = await deploy();
  await looping(hooked);
  expect(await revert()).toBe(0);
  const kept = and(eq(deploymentEvents.deploymentId, bench.made.deploymentId), eq(deploymentEvents.kind, 'deployment.revert-kept')); // prettier-ignore
  const said = await database.db.select().from(deploymentEvents).where(kept);
  expect(said).toMatchObject([{ releaseId: hooked, data: { because: expect.stringContaining('a hook ran') as string } }]); // prettier-ignore
  await revert();
  expect(await database.db.$count(deploymentEvents, kept)).toBe(1);
});
