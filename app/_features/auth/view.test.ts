import { expect, test } from 'vitest';
import { localPath } from '#app/_features/auth/view.ts';

test.each([
  [undefined, '/'],
  ['/acme/shop?tab=x#l', '/acme/shop?tab=x#l'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/a\nb', '/'],
])('coming back to %j leads to %s', (path, target) => expect(localPath(path)).toBe(target));
