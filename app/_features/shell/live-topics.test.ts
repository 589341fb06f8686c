import { expect, test } from 'vitest';
import { staleAfter, topics } from '#app/_features/shell/live-topics.ts';

test('an instance event leaves variables alone', () =>
  expect([...staleAfter(['instance.exited'])].sort()).toEqual(['deployments', 'projects']));
test('after a gap, and for kinds nobody knows, everything is old', () => {
  expect(staleAfter(['hello']).size).toBe(topics.length);
  expect(staleAfter(['somethingnew']).size).toBe(topics.length);
});
