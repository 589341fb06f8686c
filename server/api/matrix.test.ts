import { globSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { downloadReleaseLog } from '#server/api/log-download.ts';
import { matrix, type MatrixRow, routeTable } from '#server/api/matrix-table.ts';
import { appRouter } from '#server/api/root.ts';
import { type Answer, type CallOptions, openTestApi, type TestApi } from '#server/api/testing.ts';
import { hashOrganization, makeWorld, type Named, randomNames, type World } from '#server/api/testing-world.ts';
import { roles } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';
import type { Person } from '#server/usecases/context.ts';

const canary = 'CANARY-5f0e8d1c-never-shown';
let api: TestApi;
let theirs: World;
const world = (): Promise<World> => makeWorld(api.services.db, api.sources, api.services.keys.variables, canary);
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
  theirs = await world();
});
afterAll(() => api.close());

/** Flat by full name at run time, nested in its type. */
const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: CallOptions['type'] } }>;
const types = new Map(Object.entries(procedures).map(([name, procedure]) => [name, procedure._def.type]));
const call = async (name: string, person: Person | null, input: Record<string, unknown> | undefined): Promise<Answer> => {
  const type = types.get(name);
  const answer = await api.call(person, name, input, { ...(type ? { type } : {}), address: `198.51.100.${Math.floor(Math.random() * 250)}` });
  expect(answer.body, `${name} shows a secret`).not.toContain(canary);
  return answer;
}; // prettier-ignore
const bytes = ({ status, body }: Answer): { status: number; body: string } => ({ status, body });
const inputOf = (row: MatrixRow, named: Named): Record<string, unknown> | undefined => row.input?.(named);

test('every procedure has a row, and every row a procedure', () => {
  expect([...types.keys()].toSorted()).toEqual(Object.keys(matrix).toSorted());
});

test('every route file has a row', () => {
  expect(globSync('app/**/route.ts').toSorted()).toEqual(Object.keys(routeTable).toSorted());
});

const rows = Object.entries(matrix);
test.each(rows)('%s: nobody', async (name, row) => {
  const mine = await world();
  const before = await hashOrganization(api.services.db, mine.orgId);
  const answer = await call(name, null, inputOf(row, mine));
  if (row.access === 'public') expect(answer.code).toBe(row.answer ?? null);
  else {
    expect(answer.code).toBe('UNAUTHORIZED');
    expect(await hashOrganization(api.services.db, mine.orgId)).toBe(before);
  }
});

test.each(rows.filter(([, row]) => row.access === 'organization'))('%s: members by role', async (name, row) => {
  for (const role of roles) {
    const mine = await world();
    const before = await hashOrganization(api.services.db, mine.orgId);
    const answer = await call(name, mine.people[role], inputOf(row, mine));
    if (row.may?.includes(role)) expect(answer.code, `${role}: ${answer.body}`).toBe(row.answer ?? null);
    else {
      expect(answer.code, role).toBe('FORBIDDEN');
      expect(await hashOrganization(api.services.db, mine.orgId), `${role} changed something`).toBe(before);
    }
  }
});

test.each(rows.filter(([, row]) => row.access === 'organization'))(
  '%s: a foreign organization answers like one that does not exist',
  async (name, row) => {
    const mine = await world();
    const before = await hashOrganization(api.services.db, mine.orgId);
    const foreign = await call(name, theirs.people.owner, inputOf(row, mine));
    const unknown = await call(name, theirs.people.owner, inputOf(row, { ...mine, org: randomNames().org }));
    expect(foreign.code).toBe('NOT_FOUND');
    expect(bytes(foreign)).toEqual(bytes(unknown));
    expect(await hashOrganization(api.services.db, mine.orgId)).toBe(before);
  },
);

test.each(rows.filter(([, row]) => row.byId))('%s: foreign ids answer like random ones', async (name, row) => {
  const mine = await world();
  const before = await hashOrganization(api.services.db, mine.orgId);
  const foreign = await call(name, theirs.people.owner, inputOf(row, { ...mine, org: theirs.org }));
  const random = await call(name, theirs.people.owner, inputOf(row, { ...randomNames(), org: theirs.org }));
  expect(foreign.code).toBe('NOT_FOUND');
  expect(bytes(foreign)).toEqual(bytes(random));
  expect(await hashOrganization(api.services.db, mine.orgId)).toBe(before);
});

test.each(rows.filter(([, row]) => row.access === 'person'))(
  '%s: a person without the organization',
  async (name, row) => {
    const mine = await world();
    const before = await hashOrganization(api.services.db, mine.orgId);
    const answer = await call(name, theirs.people.viewer, inputOf(row, mine));
    expect(answer.code).toBe(row.answer ?? null);
    expect(await hashOrganization(api.services.db, mine.orgId)).toBe(before);
  },
);

test.each(rows.filter(([, row]) => row.access === 'organization'))(
  '%s: unknown fields are refused',
  async (name, row) => {
    const input = { ...inputOf(row, theirs), orgId: theirs.orgId };
    const answer = await call(name, theirs.people.owner, input);
    expect(answer.code).toBe('BAD_REQUEST');
  },
);

test('children of one and parents of another organization do not mix', async () => {
  const mine = await world();
  const { owner } = mine.people;
  const mixed = [
    ['variables.set', { projectId: mine.projectId, scope: 'deployment', deploymentId: theirs.deploymentId, entries: [{ key: 'A', value: '1', isSecret: false }] }],
    ['variables.list', { projectId: mine.projectId, deploymentId: theirs.deploymentId }],
    ['variables.list', { projectId: theirs.projectId, deploymentId: mine.deploymentId }],
    ['components.add', { projectId: mine.projectId, name: 'x1', kind: 'worker', source: { kind: 'repository', repositoryId: theirs.repositoryId } }],
    ['components.add', { projectId: mine.projectId, name: 'x2', kind: 'worker', source: { kind: 'repository', repositoryId: mine.repositoryId }, deploymentIds: [theirs.deploymentId] }],
    ['deployments.create', { projectId: mine.projectId, name: 'X', stage: { name: 'xx', kind: 'built' }, copyFrom: theirs.deploymentId }],
    ['deployments.get', { project: mine.projectId, deployment: theirs.deploymentId }],
  ] as const; // prettier-ignore
  const before = await hashOrganization(api.services.db, theirs.orgId);
  for (const [name, input] of mixed)
    expect((await call(name, owner, { org: mine.org, ...input })).code, name).toBe('NOT_FOUND');
  const stored = { kind: 'stored', credentialId: theirs.credentialId };
  const attach = await call('repositories.setCredential', owner, { org: mine.org, repositoryId: mine.repositoryId, credential: stored }); // prettier-ignore
  const attachRandom = await call('repositories.setCredential', owner, { org: mine.org, repositoryId: mine.repositoryId, credential: { ...stored, credentialId: newId('credential') } }); // prettier-ignore
  expect(attach.code).toBe('BAD_REQUEST');
  expect(bytes(attach)).toEqual(bytes(attachRandom));
  const save = await call('drafts.save', owner, { org: mine.org, deploymentId: mine.deploymentId, revision: 1, document: { components: [{ componentId: theirs.componentId, overrides: {} }] } }); // prettier-ignore
  expect(save.code).toBe('BAD_REQUEST');
  expect(await hashOrganization(api.services.db, theirs.orgId)).toBe(before);
});

test('the log route: members read it, a foreign release answers like a random one, nobody is turned away', async () => {
  const mine = await world();
  const get = async (person: Person | null, org: string, id: string) => {
    const response = await downloadReleaseLog(api.context(person), new URL(`http://x/?org=${org}`), id);
    return { status: response.status, body: await response.text() };
  };
  for (const role of roles) expect((await get(mine.people[role], mine.org, mine.releaseId)).status).toBe(200);
  expect((await get(null, mine.org, mine.releaseId)).status).toBe(401);
  const random = await get(theirs.people.owner, theirs.org, newId('release'));
  expect(random.status).toBe(404);
  expect(await get(theirs.people.owner, theirs.org, mine.releaseId)).toEqual(random);
  expect(await get(theirs.people.owner, mine.org, mine.releaseId)).toEqual(random);
});
