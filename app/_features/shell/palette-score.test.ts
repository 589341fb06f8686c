import { expect, test } from 'vitest';
import { paletteScore } from '#app/_features/shell/palette-score.ts';

test('every word counts, in any order', () => {
  expect(paletteScore('docs production dep_1', 'prod docs')).toBeGreaterThan(0);
  expect(paletteScore('Release 4 Sort products by stock', 'docs prod')).toBe(0);
});
test('letters across words are no match', () => expect(paletteScore('Deploy shop', 'dsp')).toBe(0));
test('the start of a word counts more than its middle', () =>
  expect(paletteScore('shop production', 'prod')).toBeGreaterThan(paletteScore('reproduce', 'prod')));
test('keywords are words too', () =>
  expect(paletteScore('Members', 'invite', ['people invite role'])).toBeGreaterThan(0));
