import { describe, expect, test } from 'vitest';
import { openAtFirst, summaryTone, visibleRows } from '#app/_features/status/view.ts';
import type { StatusNode } from '#server/domain/views/status.ts';

const node = (key: string, colour: StatusNode['colour'], children: StatusNode[] = []): StatusNode => ({
  key, kind: 'group', label: key, colour, isStale: false, sentence: '', observedAt: null, since: null, facts: [], children,
}); // prettier-ignore
const tree = node('root', 'yellow', [
  node('builds', 'green', [node('image', 'green')]),
  node('containers', 'yellow', [
    node('web', 'yellow', [node('web-1', 'green')]),
    node('worker', 'green', [node('worker-1', 'green')]),
  ]),
]);

describe('the status tree', () => {
  test('opens the groups and whatever is not fine', () =>
    expect(openAtFirst(tree)).toEqual(['root', 'builds', 'containers', 'web']));
  test('lists only what is in sight, with its depth', () =>
    expect(visibleRows(tree.children, new Set(['containers'])).map((row) => `${String(row.depth)} ${row.node.key}`)).toEqual([
      '0 builds', '0 containers', '1 web', '1 worker',
    ])); // prettier-ignore
});
test('a build in progress never recolours what serves', () => {
  expect(summaryTone({ colour: 'green', isStale: false }, { state: 'building' })).toBe('green');
  expect(summaryTone({ colour: 'grey', isStale: false }, { state: 'building' })).toBe('busy');
  expect(summaryTone({ colour: 'green', isStale: true }, null)).toBe('unknown');
});
