import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sourceVersion } from './version.ts';

let root = '';
const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-version-'));
  write('server/a.ts', 'export const a = 1;');
  write('package-lock.json', '{}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('changes with a source, a new file, a renamed file and the lockfile', () => {
  const versions = new Set([sourceVersion(root)]);
  const note = (): Set<string> => versions.add(sourceVersion(root));
  write('server/a.ts', 'export const a = 2;');
  note();
  write('worker/b.ts', '');
  note();
  write('worker/c.ts', '');
  rmSync(path.join(root, 'worker/b.ts'));
  note();
  write('package-lock.json', '{ }');
  note();
  expect(versions.size).toBe(5);
});

it('stays for a touched file, a test and anything outside the sources', () => {
  const before = sourceVersion(root);
  utimesSync(path.join(root, 'server/a.ts'), 1, 1);
  write('server/a.test.ts', 'it');
  write('docs/a.md', 'words');
  write('cli/test.ts', 'runs the suites');
  expect(sourceVersion(root)).toBe(before);
});
