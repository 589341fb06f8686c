import { expect, test } from 'vitest';
import { looksLikeDotenv, targetFrom, targetKey, variableRows } from '#app/_features/variables/view.ts';
import type { VariableView } from '#server/domain/views/projects.ts';

const variable = (key: string, scope: VariableView['scope']): VariableView => ({
  id: `${key}-${scope}`, scope, key, use: 'run', isSecret: false, hint: '', deploymentId: null, componentId: null, componentName: null,
  createdAt: new Date(0), createdBy: null, state: 'live',
}); // prettier-ignore
const list = {
  variables: [variable('B', 'deployment'), variable('B', 'project'), variable('A', 'project')],
  removed: [],
  notLive: 0,
};

test('sorted by key, wider scopes first, and what is hidden says so', () =>
  expect(variableRows(list, '').map((row) => `${row.variable.key} ${row.variable.scope} ${String(row.isOverridden)}`)).toEqual([
    'A project false', 'B project true', 'B deployment false',
  ])); // prettier-ignore
test('the filter does not mind case', () => expect(variableRows(list, 'a')).toHaveLength(1));
test.each([
  ['A=1\nB=2', true],
  ['export TOKEN="x"', true],
  ['# comment\nA = 1', true],
  ['https://example.net/?a=b', false],
  ['plain', false],
])('%j is taken as a .env file: %s', (text, is) => expect(looksLikeDotenv(text)).toBe(is));
test.each(['project', 'deployment', 'component:cmp_1'])('the target %s survives the address', (key) =>
  expect(targetKey(targetFrom(key, 'dep_1'))).toBe(key),
);
