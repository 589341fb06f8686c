import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';
import { planBuild } from '#server/build/planners/index.ts';
import { listDirectory } from '#server/build/planners/listing.ts';

let root = '';
const put = (name: string, content: string | Buffer = 'x'): void => {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
};
const link = (name: string, target: string): void => symlinkSync(target, path.join(root, name));
const plan = async (settings: SettingsOverrides) =>
  planBuild(await listDirectory(root), mergeSettings(settings), { name: 'web', kind: 'web', buildVariables: [] });

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-listing-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a listing of a fetched folder', () => {
  it('holds files and links to files inside, and never enters a linked folder', async () => {
    put('a');
    put('sub/b');
    link('inside', 'sub/b');
    link('outside', '/etc/passwd');
    link('loop', '.');
    link('folder', '/etc');
    link('broken', 'nothing');
    const listing = await listDirectory(root);
    expect(listing.paths).toEqual(['a', 'inside', 'sub/b']);
    expect(listing.read('outside')).toBeNull();
    expect(listing.read('folder/passwd')).toBeNull();
    expect(listing.read('../../etc/passwd')).toBeNull();
  });

  it('says which paths lead out, also by a detour', async () => {
    put('sub/b');
    link('up', '..');
    link('etc', '/etc');
    link('chain', 'etc');
    link('home', 'sub');
    link('broken', '/nothing/here');
    const listing = await listDirectory(root);
    const outside = ['up', 'up/x', 'etc', 'etc/passwd', 'chain/passwd', 'broken', 'sub/../../x'];
    expect(outside.filter((name) => !listing.leavesRepository(name))).toEqual([]);
    expect(['sub', 'sub/b', 'home/b', 'missing/x'].filter((name) => listing.leavesRepository(name))).toEqual([]);
  });

  it('reads neither large files nor bytes', async () => {
    put('large', 'x'.repeat(256 * 1024 + 1));
    put('bytes', Buffer.from([0, 1, 2]));
    const listing = await listDirectory(root);
    expect([listing.read('large'), listing.read('bytes')]).toEqual([null, null]);
  });
});

describe('a plan never leaves the repository', () => {
  it.each<[string, SettingsOverrides, string]>([
    ['root directory', { rootDirectory: 'etc' }, 'rootDirectory'],
    ['folder below a linked one', { rootDirectory: 'etc/ssl' }, 'rootDirectory'],
    ['Dockerfile', { build: { dockerfile: 'Dockerfile.link' } }, 'build.dockerfile'],
    ['context', { build: { dockerfile: 'Dockerfile.real', context: 'etc' } }, 'build.context'],
    ['output directory', { build: { outputDirectory: 'etc' } }, 'build.outputDirectory'],
  ])('by its %s', async (_name, settings, setting) => {
    put('Dockerfile.real', 'FROM debian:bookworm-slim');
    link('Dockerfile.link', '/etc/shadow');
    link('etc', '/etc');
    expect(await plan(settings)).toMatchObject({ kind: 'failed', code: 'path_outside_repository', setting });
  });
});
