/** Databases as components, with the engine on fakes: what the others get of one, its password, dumps and their return. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { and, eq, isNull } from 'drizzle-orm';
import { components, drafts, variables } from '#server/db/schema/projects.ts';
import { dataJobs, dumpSchedules, volumes } from '#server/db/schema/volumes.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { databaseSettings } from '#server/domain/databases.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { runDataJobs } from '#server/release/data-jobs.ts';
import { checkPromises } from '#server/release/promises.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
let dbId: string;
const never = new AbortController().signal;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  const { orgId, projectId, deploymentId, componentId } = bench.made;
  dbId = newId('component');
  await database.db.insert(components).values({
    id: dbId, orgId, projectId, name: 'db', kind: 'add-on', image: 'database:postgresql:15', settings: databaseSettings('postgresql', 1), position: 5,
  }); // prettier-ignore
  const document = { components: [componentId, dbId].map((id) => ({ componentId: id, overrides: {} })) };
  await database.db.update(drafts).set({ document }).where(eq(drafts.deploymentId, deploymentId));
});
afterEach(() => bench.close());

async function deploy(): Promise<string> {
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await bench.settle();
  return releaseId;
}
const specOf = (componentId: string) => {
  const spec = bench.region.runtime.specs().find((one) => one.componentId === componentId);
  if (!spec) throw new Error('It does not run.');
  return spec;
};
const volumeId = async (): Promise<string> => {
  const [row] = await database.db.select().from(volumes).where(eq(volumes.componentId, dbId));
  return row?.id ?? '';
};
async function addJob(values: Partial<typeof dataJobs.$inferInsert> = {}): Promise<string> {
  const id = newId('dataJob');
  const { orgId, deploymentId } = bench.made;
  await database.db.insert(dataJobs).values({
    id, orgId, deploymentId, componentId: dbId, kind: 'dump', startedBy: 'person', engine: 'postgresql', ...values,
  }); // prettier-ignore
  return id;
}
async function job(id: string) {
  const [row] = await database.db.select().from(dataJobs).where(eq(dataJobs.id, id));
  return row;
}

test('the others get its address with a password that nobody typed', async () => {
  expect(await bench.release(await deploy())).toMatchObject({ state: 'live' });
  const { POSTGRES_PASSWORD: password = '', POSTGRES_USER } = specOf(dbId).env;
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect(POSTGRES_USER).toBe('app');
  const { env } = specOf(bench.made.componentId);
  expect(env).toMatchObject({ DATABASE_URL: `postgresql://app:${password}@db:5432/app`, PGHOST: 'db' });
  expect(env).not.toHaveProperty('POSTGRES_PASSWORD');
  expect(specOf(dbId)).toMatchObject({ volumes: [{ path: '/data' }], aliases: ['db'] });
  expect(await checkPromises(bench)).toEqual([]);
});

test('it is there and resolves before anything that needs it starts', async () => {
  const started: string[] = [];
  let dbWasUp = false;
  bench.region.runtime.behave((spec) => {
    if (spec.componentId === bench.made.componentId && !started.includes(spec.id)) {
      started.push(spec.id);
      dbWasUp = bench.region.runtime.isKeptAlive(specOf(dbId).id);
    }
    return false;
  }, {});
  bench.region.runtime.behave((spec) => spec.componentId === dbId, { listenAfterMs: 3000 });
  expect(await bench.release(await deploy())).toMatchObject({ state: 'live' });
  expect(started).toHaveLength(1);
  expect(dbWasUp).toBe(true);
});

test('a database that does not come up fails the release before anything else starts', async () => {
  bench.region.runtime.behave((spec) => spec.componentId === dbId, { exit: { afterMs: 10, code: 1 }, ports: [] });
  expect(await bench.release(await deploy())).toMatchObject({ state: 'failed', failure: { code: 'exited', componentId: dbId } }); // prettier-ignore
  expect(bench.region.runtime.specs()).toEqual([]);
});

test('it is carried over by a release that changes something else, on its volume and with its password', async () => {
  await deploy();
  const before = specOf(dbId);
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  expect(await bench.release(await deploy())).toMatchObject({ state: 'live' });
  expect(specOf(dbId)).toEqual(before);
});

test('its password is made once, and each deployment has its own', async () => {
  await deploy();
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'two' });
  await deploy();
  const rows = await database.db
    .select()
    .from(variables)
    .where(and(eq(variables.componentId, dbId), isNull(variables.replacedAt)));
  expect(rows.map(({ key, isSecret, scope, deploymentId }) => ({ key, isSecret, scope, deploymentId }))).toEqual([
    { key: 'POSTGRES_PASSWORD', isSecret: 'yes', scope: 'component', deploymentId: bench.made.deploymentId },
  ]);
});

test('a dump brings back what it holds', async () => {
  await deploy();
  const files = bench.region.volumes.files(await volumeId());
  files.set('row', 'one');
  const dumpId = await addJob();
  await runDataJobs(bench.engine, never);
  expect(await job(dumpId)).toMatchObject({ state: 'done', sizeBytes: expect.any(Number) as number, leaseUntil: null });
  files.set('row', 'two');
  const restore = await addJob({ kind: 'restore', dumpId });
  await runDataJobs(bench.engine, never);
  expect(await job(restore)).toMatchObject({ state: 'done' });
  expect(files.get('row')).toBe('one');
});

test('a dump that cannot be taken says why; one of a database that does not run too', async () => {
  const stopped = await addJob();
  await runDataJobs(bench.engine, never);
  expect(await job(stopped)).toMatchObject({ state: 'failed', failure: 'The database does not run.' });
  await deploy();
  bench.region.dumps.refuseNext = 'permission denied';
  const refused = await addJob();
  await runDataJobs(bench.engine, never);
  expect(await job(refused)).toMatchObject({ state: 'failed', failure: 'permission denied' });
});

test('a job whose worker was lost is done again', async () => {
  await deploy();
  const id = await addJob({ state: 'running', leaseUntil: new Date(Date.now() - 1000) });
  await runDataJobs(bench.engine, never);
  expect(await job(id)).toMatchObject({ state: 'done' });
});

test('a schedule takes dumps and keeps the newest', async () => {
  await deploy();
  const { orgId, deploymentId } = bench.made;
  const due = { nextAt: new Date(Date.now() - 1000) };
  await database.db.insert(dumpSchedules).values({ id: newId('dumpSchedule'), orgId, deploymentId, componentId: dbId, everyHours: 24, keep: 2, ...due }); // prettier-ignore
  const byHand = await addJob();
  for (let round = 0; round < 4; round += 1) {
    await runDataJobs(bench.engine, never);
    await database.db.update(dumpSchedules).set(due).where(eq(dumpSchedules.componentId, dbId));
  }
  const rows = await database.db.select().from(dataJobs).where(eq(dataJobs.componentId, dbId));
  expect(rows.filter((row) => row.startedBy === 'schedule')).toHaveLength(2);
  expect(rows.map((row) => row.id)).toContain(byHand);
  expect(bench.region.dumps.ids().toSorted()).toEqual(rows.map((row) => row.id).toSorted());
});
