import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { deploymentEvents } from '#server/db/schema/releases.ts';
import { branchTips } from '#server/db/schema/platform.ts';
import { makeDeployment, type MadeDeployment } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { createLogger } from '#server/log.ts';
import { FakeSource } from '#server/source/fake.ts';
import { pollBranchTips } from '#worker/branch-tips.ts';

let database: TestDatabase;
let made: MadeDeployment;
const sources = new FakeSource();
const signal = new AbortController().signal;
const poll = () =>
  pollBranchTips({ db: database.db, sources, key: Buffer.alloc(32), log: createLogger({}, () => undefined) }, signal);
const events = async () => (await database.db.select({ kind: deploymentEvents.kind }).from(deploymentEvents)).length;

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  made = await makeDeployment(database.db);
});
afterAll(() => database.close());

test('a moved branch is kept with its history and told once; an unmoved one wakes nobody', async () => {
  const first = sources.commit(made.repositoryId, { 'index.html': 'one' });
  await poll();
  const second = sources.commit(made.repositoryId, { 'index.html': 'two' });
  await poll();
  await poll();
  const [tip] = await database.db.select().from(branchTips);
  expect(tip).toMatchObject({ commit: second, history: [second, first] });
  expect(await events()).toBe(2);
});

test('a repository that cannot be read keeps its last answer and does not stop the round', async () => {
  sources.failNext('resolve', new Error('away'));
  await poll();
  expect(await database.db.select().from(branchTips)).toHaveLength(1);
});
