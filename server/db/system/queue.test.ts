import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { eq, sql } from 'drizzle-orm';
import { databaseNow } from '#server/db/now.ts';
import { applyEvent, insertQueued, type ReleaseRow } from '#server/db/releases.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, projects } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { claimSlots } from '#server/db/system/queue.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { kindRules, type ReleaseEvent, type ReleaseKind } from '#server/domain/release-machine.ts';
import type { Plan } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';

let database: TestDatabase;
const regionId = 'reg_1';
beforeEach(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  await database.db
    .insert(regions)
    .values({ id: regionId, slug: 'r', name: 'R', appsDomain: 'a.test', buildSlots: 1, rolloutSlots: 1 });
});
afterEach(() => database.close());

const makeOrg = async (id: string, plan: Plan = 'free'): Promise<void> => {
  await database.db.insert(organizations).values({ id, slug: id, name: id, plan });
  await database.db.insert(projects).values({ id: `prj_${id}`, orgId: id, slug: 'p', name: 'p' });
  await database.db
    .insert(components)
    .values({ id: `cmp_${id}`, orgId: id, projectId: `prj_${id}`, name: 'web', kind: 'web', image: 'x' });
};
const makeDeploymentOf = async (org: string): Promise<string> => {
  const id = newId('deployment');
  await database.db.insert(deployments).values({ id, orgId: org, projectId: `prj_${org}`, regionId, slug: id, name: id, stageName: 's', stageKind: 'built', handle: id }); // prettier-ignore
  return id;
};
/** A queued release; each in a deployment of its own unless one is given. */
async function queue(
  org: string,
  kind: ReleaseKind = 'deploy',
  options: { deploymentId?: string; waitedMinutes?: number } = {},
) {
  const id = newId('release');
  const deploymentId = options.deploymentId ?? (await makeDeploymentOf(org));
  await database.db.transaction(
    (tx) =>
    insertQueued(tx, { id, orgId: org, projectId: `prj_${org}`, deploymentId, regionId, kind, lane: kindRules[kind].lane, snapshot: { components: [] }, trigger: { by: 'api' } }), // prettier-ignore
  );
  if (options.waitedMinutes)
    await database.db.update(releases).set({ createdAt: sql`now() - ${options.waitedMinutes} * interval '1 minute'` }).where(eq(releases.id, id)); // prettier-ignore
  return id;
}
const claim = (): Promise<string[]> => claimSlots(database.db, databaseNow, regionId, 1000);
const row = async (id: string): Promise<ReleaseRow> => {
  const [found] = await database.db.select().from(releases).where(eq(releases.id, id));
  if (!found) throw new Error('gone');
  return found;
};
const apply = async (id: string, ...events: ReleaseEvent[]): Promise<void> => {
  for (const event of events)
    await database.db.transaction(async (tx) => applyEvent(tx, databaseNow, { release: await row(id), event }));
};
/** The order in which everything that waits would run, one after the other. */
async function drainOrder(): Promise<string[]> {
  const order: string[] = [];
  for (let next = await claim(); next.length > 0; next = await claim()) {
    order.push(...next);
    for (const id of next) await apply(id, 'fail');
  }
  return order;
}

test('a paying organization goes before a free one, and a free one that waited for 30 minutes counts as paying', async () => {
  await makeOrg('org_free');
  await makeOrg('org_paid', 'pay-as-you-go');
  await makeOrg('org_patient');
  const free = await queue('org_free');
  const paid = await queue('org_paid');
  const patient = await queue('org_patient', 'deploy', { waitedMinutes: 31 });
  expect(await drainOrder()).toEqual([patient, paid, free]);
});

test('an organization with much in the queue does not keep another one waiting', async () => {
  await makeOrg('org_many');
  await makeOrg('org_one');
  const many = [await queue('org_many'), await queue('org_many'), await queue('org_many')];
  const one = await queue('org_one');
  expect(await drainOrder()).toEqual([many[0], one, many[1], many[2]]);
});

test('a rollback goes before everything else of its lane', async () => {
  await makeOrg('org_paid', 'pay-as-you-go');
  await makeOrg('org_free');
  const restart = await queue('org_paid', 'restart');
  const rollback = await queue('org_free', 'rollback');
  expect(await drainOrder()).toEqual([rollback, restart]);
});

test('a rollout takes its slot while every build slot is busy', async () => {
  await makeOrg('org_a');
  const build = await queue('org_a');
  const waiting = await queue('org_a');
  const restart = await queue('org_a', 'restart');
  expect(await claim()).toEqual([build, restart]);
  expect(await row(waiting)).toMatchObject({ state: 'queued' });
});

test('a deployment has one active release, whatever waits for it', async () => {
  await makeOrg('org_a');
  const deploymentId = await makeDeploymentOf('org_a');
  const first = await queue('org_a', 'deploy', { deploymentId });
  const second = await queue('org_a', 'restart', { deploymentId });
  expect(await claim()).toEqual([first]);
  expect(await claim()).toEqual([]);
  await apply(first, 'fail');
  expect(await claim()).toEqual([second]);
});

test('the limit of an organization is counted when a slot is claimed', async () => {
  await database.db.update(regions).set({ buildSlots: 8, orgLimit: 2 });
  await makeOrg('org_a');
  await makeOrg('org_b');
  const mine = [await queue('org_a'), await queue('org_a'), await queue('org_a')];
  const other = await queue('org_b');
  expect(new Set(await claim())).toEqual(new Set([mine[0], mine[1], other]));
});

test('a release that is built gives its build slot back before it is live', async () => {
  await makeOrg('org_a');
  const first = await queue('org_a');
  const second = await queue('org_a');
  expect(await claim()).toEqual([first]);
  await apply(first, 'fetched', 'built', 'stored');
  expect(await claim()).toEqual([second]);
});

test('claims at the same moment never give one slot twice', async () => {
  await database.db.update(regions).set({ buildSlots: 3 });
  await makeOrg('org_a');
  await makeOrg('org_b');
  for (const org of ['org_a', 'org_b']) for (let n = 0; n < 3; n += 1) await queue(org);
  const claimed = (await Promise.all(Array.from({ length: 6 }, claim))).flat();
  expect(claimed).toHaveLength(3);
  expect(new Set(claimed).size).toBe(3);
});

test('a transition whose state has moved on is refused and writes nothing', async () => {
  await makeOrg('org_a');
  const id = await queue('org_a');
  const before = await row(id);
  await claim();
  const late = database.db.transaction((tx) =>
    applyEvent(tx, databaseNow, { release: before, event: 'abort-waiting' }),
  );
  await expect(late).rejects.toMatchObject({ code: 'conflict' });
  expect(await row(id)).toMatchObject({ state: 'fetching', outcome: null });
});
