import { expect, test } from 'vitest';
import { localPath, refusedSentence } from '#app/_features/auth/view.ts';

test.each([
  [undefined, '/'],
  ['/acme/shop?tab=x#l', '/acme/shop?tab=x#l'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/a\nb', '/'],
])('coming back to %j leads to %s', (path, target) => expect(localPath(path)).toBe(target));

test.each([
  [undefined, null],
  ['AccessDenied', /invitation/],
  ['Unverified', /Verify it there/],
  ['OAuthSignin', /does not answer/],
  ['OAuthCallback', /not finished/],
  ['<b>anything</b>', /not finished/],
])('coming back with %j is told in a sentence of ours', (error, sentence) => {
  const told = refusedSentence(error);
  expect(told).toEqual(sentence === null ? null : expect.stringMatching(sentence));
});
