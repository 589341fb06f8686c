import { expect, test } from 'vitest';
import { nextTagName, tagName } from '#server/domain/tags.ts';

test.each(['v1', '1', 'v1.8.0', '2026-11-20', 'v2.0.0-rc.1', '1.0+build5', 'Shop_2'])('%s names a tag', (name) => {
  expect(tagName.parse(` ${name} `)).toBe(name);
});
test.each(['', '-v1', 'v1-', '.', 'v 1', 'v/1', 'vé', '../v1', `v${'1'.repeat(32)}`])('“%s” does not', (name) => {
  expect(tagName.safeParse(name).success).toBe(false);
});
test.each([
  [undefined, 'v1'],
  ['v1', 'v2'],
  ['v1.8.9', 'v1.8.10'],
  ['v2.0-beta', 'v2.1'],
  ['first', 'first-2'],
])('after %s comes %s', (newest, next) => {
  expect(nextTagName(newest)).toBe(next);
});
