/** What every SourceProvider with its RepositoryHost guarantees; run over the fake, over git on disk, and over git through http and ssh. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  SourceFailure,
  type RepositoryHost,
  type RepositoryLocation,
  type SourceProvider,
} from '#server/source/types.ts';

export interface SourceHarness {
  source: SourceProvider;
  host: RepositoryHost;
  /** Where the source finds the repository that the host made under this id. */
  location: (repositoryId: string) => RepositoryLocation;
  dispose(): Promise<void>;
}
const files = new Map([
  ['package.json', Buffer.from('{"name":"shop"}')],
  ['apps/web/server.js', Buffer.from('listen()')],
  ['apps/web/logo.bin', Buffer.from([0, 255, 10, 13, 128])],
  ['docs/readme.md', Buffer.from('# Shop')],
]);
const main = { kind: 'branch', name: 'main' } as const;
const signal = new AbortController().signal;

export function sourceContract(name: string, open: () => Promise<SourceHarness>): void {
  describe(`${name} keeps the source contract`, () => {
    let harness: SourceHarness;
    let scratch = '';
    let commit = '';
    const repositoryId = 'rep_contract';
    let location: RepositoryLocation;
    const folder = (): Promise<string> => mkdtemp(path.join(scratch, 'tree-'));
    const fetch = async (root: string, extra: string[] = [], from = commit) => {
      const directory = await folder();
      return {
        directory,
        tree: await harness.source.fetch(location, from, directory, { root, extra }, signal),
      };
    };

    beforeAll(async () => {
      scratch = await mkdtemp(path.join(tmpdir(), 'slipway-source-'));
      harness = await open();
      location = harness.location(repositoryId);
      const author = { name: 'Ada <Lovelace>', email: 'ada@example.com' };
      commit = await harness.host.create(repositoryId, files, 'Start the shop', author);
    });
    afterAll(async () => {
      await harness.dispose();
      await rm(scratch, { recursive: true, force: true });
    });

    it('lists the history of a commit newest first, and refuses a commit that is not there', async () => {
      expect(await harness.source.history(location, commit, 10, signal)).toEqual([commit]);
      const absent = harness.source.history(location, '0'.repeat(40), 10, signal);
      await expect(absent).rejects.toBeInstanceOf(SourceFailure);
    });

    it('tells the commits with their texts newest first, at most as many as asked for', async () => {
      const [newest, ...rest] = await harness.source.log(location, commit, 10, signal);
      expect(rest).toEqual([]);
      expect(newest).toMatchObject({ commit, message: 'Start the shop' });
      expect(newest?.author).toMatch(/^Ada/);
      await expect(harness.source.log(location, 'e'.repeat(40), 10, signal)).rejects.toBeInstanceOf(SourceFailure);
    });

    it('resolves a branch and a commit to the same full id', async () => {
      expect(commit).toMatch(/^[0-9a-f]{40}$/);
      const tip = await harness.source.resolve(location, main, signal);
      expect(tip).toMatchObject({ commit, message: 'Start the shop' });
      const same = await harness.source.resolve(location, { kind: 'commit', name: commit }, signal);
      expect(same.commit).toBe(commit);
    });

    it('lists branches with the default one', async () => {
      const refs = await harness.source.listRefs(location, signal);
      expect(refs).toEqual({ branches: ['main'], tags: [], defaultBranch: 'main' });
    });

    it('reads one file of the root folder without the rest', async () => {
      const read = (file: string, maxBytes = 1000) => harness.source.read(location, commit, file, maxBytes, signal);
      expect(await read('package.json')).toBe('{"name":"shop"}');
      expect(await read('package.json')).toBe('{"name":"shop"}');
      expect(await read('slipway.yaml')).toBeNull();
      expect(await read('docs')).toBeNull();
    });

    it('fetches exactly the files of the commit, byte for byte', async () => {
      const { directory, tree } = await fetch('');
      const names = await readdir(directory, { recursive: true });
      expect(names.toSorted()).toEqual(['apps', 'apps/web', ...files.keys(), 'docs'].toSorted());
      for (const [file, content] of files) expect(await readFile(path.join(directory, file))).toEqual(content);
      expect(tree.message).toBe('Start the shop');
    });

    it('hashes the root directory and the declared extra paths, and nothing else', async () => {
      const [all, web, again, withDocs] = await Promise.all([
        fetch(''),
        fetch('apps/web'),
        fetch('apps/web'),
        fetch('apps/web', ['docs']),
      ]);
      expect(web.tree.treeHash).toBe(again.tree.treeHash);
      expect(new Set([all, web, withDocs].map(({ tree }) => tree.treeHash)).size).toBe(3);
    });

    it('names what is missing', async () => {
      const missing = { kind: 'branch', name: 'gone' } as const;
      await expect(harness.source.resolve(location, missing, signal)).rejects.toMatchObject({ code: 'ref_missing' });
      await expect(fetch('apps/api')).rejects.toMatchObject({ code: 'root_missing' });
      await expect(fetch('package.json')).rejects.toMatchObject({ code: 'root_missing' });
      await expect(fetch('', [], 'f'.repeat(40))).rejects.toMatchObject({ code: 'ref_missing' });
    });

    it('keeps an existing repository when it is created again', async () => {
      const other = new Map([['x', Buffer.from('x')]]);
      const author = { name: 'Eve', email: 'eve@example.com' };
      expect(await harness.host.create(repositoryId, other, 'Again', author)).toBe(commit);
    });

    it('stops when the signal is aborted', async () => {
      const aborted = AbortSignal.abort();
      await expect(harness.source.resolve(location, main, aborted)).rejects.toMatchObject({ code: 'aborted' });
    });

    it('has nothing left after removal', async () => {
      await harness.host.remove(repositoryId);
      await harness.host.remove(repositoryId);
      await expect(harness.source.resolve(location, main, signal)).rejects.toBeInstanceOf(SourceFailure);
    });
  });
}
