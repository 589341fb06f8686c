import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { systemClock } from '#server/clock.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deploymentEvents, releases } from '#server/db/schema/releases.ts';
import { makeDeployment, type MadeDeployment } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { FakeRuntime } from '#server/runtime/fake.ts';
import { runObserver } from '#worker/observer.ts';

let database: TestDatabase;
let made: MadeDeployment;
let runtime: FakeRuntime;
let stop: AbortController;
let running: Promise<void>;
const silent = createLogger({}, () => undefined);
const never = new AbortController().signal;
let addresses = 0;

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  made = await makeDeployment(database.db);
});
afterAll(() => database.close());
beforeEach(() => {
  runtime = new FakeRuntime();
  stop = new AbortController();
  running = runObserver(
    { db: database.db, driver: runtime, clock: systemClock, log: silent, resyncMs: 100 },
    stop.signal,
  );
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** A live instance, with its container in the fake engine. */
async function liveInstance(): Promise<string> {
  const { orgId, projectId, deploymentId, componentId, regionId } = made;
  const [id, releaseId] = [newId('instance'), newId('release')];
  await database.db.insert(releases).values({
    id: releaseId, orgId, projectId, deploymentId, regionId, kind: 'deploy', lane: 'build', state: 'live', snapshot: { components: [] }, trigger: { by: 'person' },
  }); // prettier-ignore
  addresses += 1;
  const address = `10.213.0.${addresses + 1}`;
  // The row comes last: an observer that sees it finds its container.
  const network = { deploymentId, bridge: 'slw-test-0', subnet: '10.213.0.0/26' };
  await runtime.ensureNetwork(network, never);
  await runtime.start(
    { id, deploymentId, componentId, releaseId, role: 'serving', image: 'app', command: null, env: { PORT: '3000' }, network, address, aliases: [], cpuMillis: 100, memoryMib: 64, stopGraceSeconds: 1 },
    never,
  ); // prettier-ignore
  await database.db.insert(instances).values({
    id, orgId, deploymentId, componentId, startedBy: releaseId, ordinal: 1, specHash: 'x', state: 'live', address, cpuMillis: 100, memoryMib: 64,
  }); // prettier-ignore
  return id;
}
const row = async (id: string) => (await database.db.select().from(instances).where(eq(instances.id, id)))[0];
const eventsOf = async (id: string): Promise<string[]> =>
  (
    await database.db
      .select({ kind: deploymentEvents.kind })
      .from(deploymentEvents)
      .where(eq(deploymentEvents.instanceId, id))
      .orderBy(deploymentEvents.seq)
  ).map(({ kind }) => kind);

test('a crash of a live instance is recorded with its exit code, as one event, within a second', async () => {
  const id = await liveInstance();
  await expect.poll(async () => (await row(id))?.observed?.phase).toBe('running');
  runtime.crash(id, 3);
  await expect.poll(() => eventsOf(id), { timeout: 1000 }).toEqual(['instance.exited']);
  expect((await row(id))?.observed).toMatchObject({ exitCode: 3 });
});

test('an instance that the engine lost is recorded as missing', async () => {
  const id = await liveInstance();
  await expect.poll(async () => (await row(id))?.observed?.phase).toBe('running');
  await runtime.remove(id, never);
  await expect.poll(async () => (await row(id))?.observed?.phase).toBe('missing');
  expect(await eventsOf(id)).toEqual(['instance.exited']);
});

test('an engine that was away is followed again, and what happened meanwhile is found', async () => {
  const id = await liveInstance();
  await expect.poll(async () => (await row(id))?.observed?.phase).toBe('running');
  runtime.goAway();
  runtime.crash(id, 1);
  runtime.comeBack();
  await expect.poll(() => eventsOf(id), { timeout: 5000 }).toEqual(['instance.exited']);
});
