import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { and, eq, isNull } from 'drizzle-orm';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { auditEntries, regions } from '#server/db/schema/platform.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { planLimits } from '#server/domain/plans.ts';
import type { Person } from '#server/usecases/context.ts';

let api: TestApi;
let world: World;
let operator: Person;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'canary');
  operator = { ...world.people.viewer, isOperator: true };
});
afterAll(() => api.close());
const mutate = (person: Person, name: string, input: Record<string, unknown>) =>
  api.call(person, name, input, { type: 'mutation' });

test('an operator sees every organization with its plan and usage, and changes the plan with a trace', async () => {
  const list = await api.call(operator, 'platform.organizations', undefined, { type: 'query' });
  expect(list.code).toBeNull();
  expect(list.body).toContain(world.org);
  const input = { organizationId: world.orgId, plan: 'pay-as-you-go' };
  expect((await mutate(operator, 'platform.setPlan', input)).code).toBeNull();
  const { db } = api.services;
  const [row] = await db.select().from(organizations).where(eq(organizations.id, world.orgId));
  expect(row?.plan).toBe('pay-as-you-go');
  const traces = await db
    .select()
    .from(auditEntries)
    .where(and(eq(auditEntries.orgId, world.orgId), eq(auditEntries.action, 'organization.plan')));
  expect(traces).toMatchObject([{ actorId: operator.userId, data: { from: 'free', to: 'pay-as-you-go' } }]);
  expect((await mutate(operator, 'platform.setPlan', { ...input, organizationId: 'org_none' })).code).toBe('NOT_FOUND');
  expect((await mutate(operator, 'platform.setPlan', { ...input, plan: 'gold' })).code).toBe('BAD_REQUEST');
});

test('an operator sets the slots of a region', async () => {
  const { regionId } = world;
  expect((await mutate(operator, 'platform.setRegion', { regionId, buildSlots: 1, orgLimit: 9 })).code).toBeNull();
  const [row] = await api.services.db.select().from(regions).where(eq(regions.id, regionId));
  expect(row).toMatchObject({ buildSlots: 1, rolloutSlots: 4, orgLimit: 9 });
  expect((await mutate(operator, 'platform.setRegion', { regionId, buildSlots: 0 })).code).toBe('BAD_REQUEST');
  expect((await mutate(operator, 'platform.setRegion', { regionId })).code).toBe('BAD_REQUEST');
});

test('a deployment past the plan is refused, also when many are asked for at once', async () => {
  const mine = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'canary');
  const { db } = api.services;
  const limit = planLimits.free.deployments;
  const [first] = await db.select().from(deployments).where(eq(deployments.id, mine.deploymentId));
  if (!first) throw new Error('gone');
  const present = await db.$count(deployments, and(eq(deployments.orgId, mine.orgId), isNull(deployments.deletedAt)));
  await db
    .insert(deployments)
    .values(Array.from({ length: limit - 1 - present }, (_, n) => ({ ...first, id: `dep_${mine.org}_${n}`, slug: `d${n}`, handle: `h-${mine.org}-${n}`, liveReleaseId: null }))); // prettier-ignore
  const create = (n: number) =>
    mutate(mine.people.owner, 'deployments.create', { org: mine.org, projectId: mine.projectId, name: `New ${n}`, stage: { name: 'staging', kind: 'built' } }); // prettier-ignore
  const answers = await Promise.all([1, 2, 3, 4].map(create));
  expect(answers.filter((answer) => answer.code === null)).toHaveLength(1);
  const refused = answers.find((answer) => answer.code !== null);
  expect(refused?.code).toBe('TOO_MANY_REQUESTS');
  expect(refused?.body).toContain(`The plan Free gives ${limit} deployments`);
});

test('a release that asks for more than the plan gives is refused with the field, and what others have counts', async () => {
  const mine = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'canary');
  const { db } = api.services;
  const [live] = await db.select().from(releases).where(eq(releases.id, mine.releaseId));
  const [component] = live?.snapshot.components ?? [];
  if (!live || !component) throw new Error('gone');
  // Another deployment of the organization has nearly everything.
  const other = { ...live, id: `rel_${mine.org}`, deploymentId: mine.trashedDeploymentId };
  const size = { cpuMillis: 1000, memoryMib: planLimits.free.memoryMib - 256 };
  const snapshot = { components: [{ ...component, settings: { ...component.settings, size } }] };
  await db.insert(releases).values({ ...other, snapshot });
  await db
    .update(deployments)
    .set({ power: 'running', deletedAt: null, liveReleaseId: other.id })
    .where(eq(deployments.id, mine.trashedDeploymentId));
  const request = () =>
    mutate(mine.people.owner, 'releases.request', { org: mine.org, deploymentId: mine.deploymentId, kind: 'deploy' });
  const refused = await request();
  expect(refused.code).toBe('TOO_MANY_REQUESTS');
  expect(refused.body).toContain('size.memoryMib');
  const scale = await mutate(mine.people.owner, 'operations.scale', {
    org: mine.org, deploymentId: mine.deploymentId, changes: [{ componentId: mine.componentId, instances: 2 }],
  }); // prettier-ignore
  expect(scale.code).toBe('TOO_MANY_REQUESTS');
  await db.update(deployments).set({ power: 'suspended' }).where(eq(deployments.id, mine.trashedDeploymentId));
  expect((await request()).code).toBeNull();
});
