import { expect, test } from 'vitest';
import { hasMoved } from '#server/domain/automatic-deploy.ts';

test.each([
  ['the tip is live', { live: { web: 'a' }, asked: null, tips: { web: 'a' } }, false],
  ['the branch moved', { live: { web: 'a' }, asked: null, tips: { web: 'b' } }, true],
  ['it moved and was asked for', { live: { web: 'a' }, asked: { web: 'b' }, tips: { web: 'b' } }, false],
  ['it moved on after it was asked for', { live: { web: 'a' }, asked: { web: 'b' }, tips: { web: 'c' } }, true],
  ['it was set back to before what is live', { live: { web: 'b' }, asked: { web: 'b' }, tips: { web: 'a' } }, true],
  ['only another component moved', { live: { web: 'a', api: 'x' }, asked: { web: 'b', api: 'x' }, tips: { web: 'b', api: 'y' } }, true], // prettier-ignore
  ['nothing is known of it', { live: { web: 'a' }, asked: null, tips: {} }, false],
])('%s', (_what, state, expected) => {
  expect(hasMoved(state)).toBe(expected);
});
