import { expect, test } from 'vitest';
import { mergeSettings } from '#server/domain/settings.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { rollbackRefusal, type RollbackFacts, rollbackSnapshot, snapshotCodeChanges, snapshotVariableChanges } from '#server/domain/rollback.ts'; // prettier-ignore

const component = (name: string, more: Partial<SnapshotComponent> = {}): SnapshotComponent => ({
  componentId: `cmp_${name}`, name, kind: 'web', settings: mergeSettings(), origins: {}, variables: [],
  source: { kind: 'repository', repositoryId: 'rep_1', commit: 'a1', message: 'One', author: 'Ada', refName: 'main' }, ...more,
}); // prettier-ignore
const eligible: RollbackFacts = {
  kind: 'deploy', outcome: 'live', isLive: false, liveCount: 2, power: 'running', components: [component('web'), component('db', { kind: 'add-on' })],
  images: { kind: 'present' },
}; // prettier-ignore

test.each([
  ['a release that was live and whose images are there', {}, null],
  ['an operation', { kind: 'restart' }, /operation/],
  ['the live one', { isLive: true }, /live now/],
  ['one that failed', { outcome: 'failed' }, /never live/],
  ['one that still works', { outcome: null }, /never live/],
  ['the only one that was live', { liveCount: 1 }, /Only one/],
  ['one of a suspended deployment', { power: 'suspended' }, /resume/],
  ['one of a deleted deployment', { power: 'trashed' }, /deleted/],
  [
    'one whose image was collected',
    { images: { kind: 'gone', why: 'removed', componentIds: ['cmp_web'] } },
    /image of web was removed/,
  ],
  ['one that is too old', { images: { kind: 'gone', why: 'too-old', componentIds: [] } }, /newest 10/],
  [
    'one of which only an add-on has no image',
    { images: { kind: 'gone', why: 'missing', componentIds: ['cmp_db'] } },
    null,
  ],
] as const)('%s', (_what, more: Partial<RollbackFacts>, expected) => {
  const refusal = rollbackRefusal({ ...eligible, ...more });
  if (expected === null) expect(refusal).toBeNull();
  else expect(refusal).toMatch(expected);
});

test('add-ons stay as they are live, also one that the old release did not know', () => {
  const old = { components: [component('web'), component('db', { kind: 'add-on', settings: mergeSettings({ instances: 1 }) })] }; // prettier-ignore
  const [db, cache] = [component('db', { kind: 'add-on', variables: [{ variableId: 'var_new', key: 'PASSWORD', use: 'run', scope: 'component' }] }), component('cache', { kind: 'add-on' })]; // prettier-ignore
  const result = rollbackSnapshot(old, { components: [component('web'), component('api'), db, cache] });
  expect(result.components.map((one) => one.name)).toEqual(['web', 'db', 'cache']);
  expect(result.components[1]).toBe(db);
});

test('code and variables that differ are told apart by commit and version', () => {
  const variable = (variableId: string, key: string) => ({ variableId, key, use: 'run' as const, scope: 'deployment' as const }); // prettier-ignore
  const now = { components: [component('web', { variables: [variable('v2', 'A'), variable('v3', 'B')] })] };
  const old = { components: [component('web', { variables: [variable('v1', 'A'), variable('v4', 'C')], source: { kind: 'repository', repositoryId: 'rep_1', commit: 'b2', message: 'Two', author: 'Ada', refName: 'main' } })] }; // prettier-ignore
  expect(snapshotVariableChanges(now, old).map((one) => [one.key, one.change])).toEqual([['A', 'changed'], ['C', 'added'], ['B', 'removed']]); // prettier-ignore
  expect(snapshotCodeChanges(now, old)).toEqual([{ component: 'web', from: { commit: 'a1', message: 'One' }, to: { commit: 'b2', message: 'Two' } }]); // prettier-ignore
  expect(snapshotCodeChanges(now, now)).toEqual([]);
});
