import { expect, test } from 'vitest';
import {
  compareVariables,
  type CurrentVariable,
  diffComponents,
  diffSettings,
  leavesOf,
} from '#server/domain/draft-diff.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { mergeSettings } from '#server/domain/settings.ts';

const component = (componentId: string, more: Partial<SnapshotComponent> = {}): SnapshotComponent => ({
  componentId, name: componentId, kind: 'web', source: { kind: 'image', reference: 'x' }, settings: mergeSettings(), origins: {}, variables: [], ...more,
}); // prettier-ignore
const row = (id: string, key: string, more: Partial<CurrentVariable> = {}): CurrentVariable => ({
  id, key, scope: 'project', use: 'run', componentId: null, ...more,
}); // prettier-ignore

test('settings differ by their leaves, a list and a null being one', () => {
  const [from, to] = [mergeSettings(), mergeSettings({ run: { port: 80 }, build: { extraPaths: ['a'] } })];
  expect(diffSettings(from, to)).toEqual([
    { path: 'build.extraPaths', from: [], to: ['a'], origin: null },
    { path: 'run.port', from: null, to: 80, origin: null },
  ]);
  expect(diffSettings(from, from)).toEqual([]);
  expect([...leavesOf({ a: { b: null, c: [1] } }).keys()]).toEqual(['a.b', 'a.c']);
});

test('components are added, removed and changed', () => {
  const drafted = ['a', 'b'].map((id) => ({ componentId: id, name: id, effective: mergeSettings({ instances: id === 'a' ? 2 : 1 }) })); // prettier-ignore
  expect(diffComponents([component('a'), component('c')], drafted)).toEqual([
    { componentId: 'a', name: 'a', change: 'changed', fields: [{ path: 'instances', from: 1, to: 2, origin: null }] },
    { componentId: 'b', name: 'b', change: 'added', fields: [] },
    { componentId: 'c', name: 'c', change: 'removed', fields: [] },
  ]);
});

const live = (...ids: [string, string][]) => component('a', { variables: ids.map(([variableId, key]) => ({ variableId, key, use: 'run', scope: 'project' })) }); // prettier-ignore

test('a variable is live, new, changed or gone by the version of its row', () => {
  const { states, removed } = compareVariables([live(['v1', 'A'], ['v2', 'B'], ['v3', 'C'])], [row('v1', 'A'), row('v9', 'B'), row('v8', 'D')], ['a']); // prettier-ignore
  expect(Object.fromEntries(states)).toEqual({ v1: 'live', v9: 'changed', v8: 'new' });
  expect(removed).toEqual([{ key: 'C', scope: 'project', component: null }]);
});

test('a row that another one hides for every component has no effect and is no change', () => {
  const hidden = row('v1', 'A');
  const hiding = row('v2', 'A', { scope: 'component', componentId: 'a' });
  expect(compareVariables([], [hidden, hiding], ['a']).states.get('v1')).toBe('live');
  expect(compareVariables([], [hidden, hiding], ['a', 'b']).states.get('v1')).toBe('new');
});
