import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Answer, openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { variables } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { unseal } from '#server/secret.ts';
import type { VariableList } from '#server/domain/views/projects.ts';

let api: TestApi;
let world: World;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());
const fresh = async (): Promise<void> => {
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'planted-secret-value');
};
const owner = () => world.people.owner;
const target = () => ({ org: world.org, projectId: world.projectId, scope: 'deployment', deploymentId: world.deploymentId }); // prettier-ignore
const set = (entries: object[], to: object = target()): Promise<Answer> =>
  api.call(owner(), 'variables.set', { ...to, entries }, { type: 'mutation' });
const list = async (): Promise<VariableList> => {
  const answer = await api.call(owner(), 'variables.list', { org: world.org, projectId: world.projectId, deploymentId: world.deploymentId }); // prettier-ignore
  return answer.data as VariableList;
};
const valueOf = async (key: string): Promise<string | undefined> => {
  const { db, keys } = api.services;
  const rows = await db.select({ id: variables.id, sealed: variables.sealed, replacedAt: variables.replacedAt }).from(variables).where(and(eq(variables.orgId, world.orgId), eq(variables.key, key))); // prettier-ignore
  const row = rows.find((entry) => entry.replacedAt === null);
  return row && unseal(keys.variables, `${world.orgId}/${row.id}`, row.sealed).reveal();
};

const hard = {
  newline: 'a\nb\r\n', dollar: '$HOME ${X} $(id) `id`', quotes: `'"\\`, emoji: '🚀', large: 'x'.repeat(65_536), empty: '', spaces: '  a  ',
}; // prettier-ignore
test.each(Object.entries(hard))('a value with %s arrives byte for byte', async (_name, value) => {
  await fresh();
  expect((await set([{ key: 'A', value, isSecret: false }])).data).toEqual({ changed: 1 });
  expect(await valueOf('A')).toBe(value);
});

test.each(['A=B', '1A', 'A B', 'A\nB', '', 'x'.repeat(129), 'PORT', 'RELEASE', 'SLIPWAY_X', 'ä'])(
  'the key %j is refused, naming its field',
  async (key) => {
    await fresh();
    expect(await set([{ key, value: '1', isSecret: false }])).toMatchObject({ status: 400, field: 'entries.0.key' });
  },
);

test('a database takes a new password that fits into an address, and nothing else', async () => {
  await fresh();
  const db = { ...target(), scope: 'component', componentId: world.databaseId };
  const entry = { key: 'POSTGRES_PASSWORD', value: 'a-new-password-of-32-characters_', isSecret: true };
  expect((await set([entry], db)).data).toEqual({ changed: 1 });
  expect(await set([{ ...entry, value: "x'; drop table users; --abc" }], db)).toMatchObject({
    field: 'entries.0.value',
  });
  expect(await set([{ ...entry, value: 'short' }], db)).toMatchObject({ field: 'entries.0.value' });
  expect(await set([{ ...entry, key: 'LD_PRELOAD' }], db)).toMatchObject({ status: 400, field: 'entries.0.key' });
});

test('loader variables are data like any other', async () => {
  await fresh();
  const keys = ['LD_PRELOAD', 'NODE_OPTIONS', 'GIT_SSH_COMMAND', 'DOCKER_HOST', 'BASH_ENV', 'PATH'];
  const answer = await set(keys.map((key) => ({ key, value: '/evil', isSecret: false })));
  expect(answer.data).toEqual({ changed: keys.length });
});

test('the same value again writes nothing; another one adds a version and keeps the old row', async () => {
  await fresh();
  await set([{ key: 'A', value: '1', isSecret: false }]);
  expect((await set([{ key: 'A', value: '1', isSecret: false }])).data).toEqual({ changed: 0 });
  await set([{ key: 'A', value: '2', isSecret: false }]);
  const rows = await api.services.db.$count(variables, and(eq(variables.orgId, world.orgId), eq(variables.key, 'A')));
  expect(rows).toBe(2);
  expect(await valueOf('A')).toBe('2');
});

test('a secret is never shown again, and its hint is four characters of a long one only', async () => {
  await fresh();
  await set([
    { key: 'LONG', value: 'abcdefgh-LAST', isSecret: true },
    { key: 'SHORT', value: 'abcd1234', isSecret: true },
  ]);
  const shown = await list();
  const byKey = (key: string) => shown.variables.find((row) => row.key === key);
  expect(byKey('LONG')?.hint).toBe('LAST');
  expect(byKey('SHORT')?.hint).toBe('');
  expect(JSON.stringify(shown)).not.toContain('abcdefgh');
  const reveal = await api.call(owner(), 'variables.reveal', { org: world.org, variableId: byKey('LONG')?.id ?? '' });
  expect(reveal.code).toBe('FORBIDDEN');
});

test('a secret cannot be a build value, because the image would keep it', async () => {
  await fresh();
  const answer = await set([{ key: 'A', value: '1', isSecret: true, use: 'both' }]);
  expect(answer).toMatchObject({ status: 400, field: 'entries.0.use' });
});

test('a sealed value moved to another row cannot be read', async () => {
  await fresh();
  await set([{ key: 'A', value: '1', isSecret: false }, { key: 'B', value: '2', isSecret: false }]); // prettier-ignore
  const { db } = api.services;
  const of = (key: string) => and(eq(variables.orgId, world.orgId), eq(variables.key, key));
  const [a] = await db.select({ sealed: variables.sealed }).from(variables).where(of('A'));
  await db
    .update(variables)
    .set({ sealed: a?.sealed ?? '' })
    .where(of('B'));
  const id = (await list()).variables.find((row) => row.key === 'B')?.id ?? '';
  const answer = await api.call(owner(), 'variables.reveal', { org: world.org, variableId: id });
  expect(answer.code).toBe('INTERNAL_SERVER_ERROR');
  expect(answer.body).not.toContain(a?.sealed ?? 'x');
});

test('pasting a .env shows what would change and writes nothing', async () => {
  await fresh();
  await set([{ key: 'SAME', value: 'one two', isSecret: false }, { key: 'OLD', value: '1', isSecret: false }]); // prettier-ignore
  const text = `# comment\nSAME="one two"\nOLD=2\nexport API_TOKEN='x#y'\nMULTI="a\nb"\nPORT=3000\n`;
  const answer = await api.call(owner(), 'variables.preview', { ...target(), text }, { type: 'mutation' });
  expect(answer.data).toEqual({
    entries: [
      { key: 'API_TOKEN', value: 'x#y', change: 'new', looksSecret: true },
      { key: 'MULTI', value: 'a\nb', change: 'new', looksSecret: false },
      { key: 'OLD', value: '2', change: 'changed', looksSecret: false },
      { key: 'SAME', value: 'one two', change: 'same', looksSecret: false },
    ],
    problems: [{ key: 'PORT', message: 'Set by the platform.' }],
  });
  expect(await valueOf('OLD')).toBe('1');
});

test('each row says whether the live release has it, and what live has more', async () => {
  await fresh();
  const before = await list();
  const live = before.variables.map((row) => ({ variableId: row.id, key: row.key, use: row.use, scope: row.scope }));
  const { db } = api.services;
  const [release] = await db.select({ snapshot: releases.snapshot }).from(releases).where(eq(releases.id, world.releaseId)); // prettier-ignore
  const [component] = release?.snapshot.components ?? [];
  if (!component) throw new Error('no component');
  await db.update(releases).set({ snapshot: { components: [{ ...component, variables: live }] } }).where(eq(releases.id, world.releaseId)); // prettier-ignore
  expect((await list()).notLive).toBe(0);
  await set([{ key: 'SECRET', value: 'next-secret-value', isSecret: true }, { key: 'NEW', value: '1', isSecret: false }]); // prettier-ignore
  await api.call(owner(), 'variables.remove', { org: world.org, variableId: world.variableId }, { type: 'mutation' });
  const after = await list();
  expect(Object.fromEntries(after.variables.map((row) => [row.key, row.state]))).toEqual({ NEW: 'new', SECRET: 'changed' }); // prettier-ignore
  expect(after.removed).toEqual([{ key: 'GREETING', scope: 'project', componentName: null }]);
  expect(after.notLive).toBe(3);
});

test('the ids must fit the scope', async () => {
  await fresh();
  const { org, projectId, deploymentId, componentId } = world;
  const entries = [{ key: 'A', value: '1', isSecret: false }];
  const wrong = [
    { org, projectId, scope: 'project', deploymentId },
    { org, projectId, scope: 'deployment' },
    { org, projectId, scope: 'component', deploymentId },
    { org, projectId, scope: 'component', componentId },
  ];
  for (const to of wrong) expect((await set(entries, to)).status).toBe(400);
});

test('a leaked value is revoked in every version that was replaced, here and nowhere else', async () => {
  await fresh();
  await set([{ key: 'LEAK', value: 'one', isSecret: false }]);
  await set([{ key: 'LEAK', value: 'two', isSecret: false }]);
  await set([{ key: 'LEAK', value: 'project', isSecret: false }], { org: world.org, projectId: world.projectId, scope: 'project' }); // prettier-ignore
  const revoke = (value: string) => set([{ key: 'LEAK', value, isSecret: false }], { ...target(), revoke: true });
  expect(await revoke('two')).toMatchObject({ status: 400, field: 'entries.0.value' });
  expect((await revoke('three')).status).toBe(200);
  const rows = await api.services.db
    .select({ scope: variables.scope, replacedAt: variables.replacedAt, revokedAt: variables.revokedAt })
    .from(variables)
    .where(and(eq(variables.orgId, world.orgId), eq(variables.key, 'LEAK')));
  const shape = rows.map((row) => [row.scope, row.replacedAt !== null, row.revokedAt !== null].join(' ')).toSorted();
  expect(shape).toEqual(['deployment false false', 'deployment true true', 'deployment true true', 'project false false']); // prettier-ignore
});
