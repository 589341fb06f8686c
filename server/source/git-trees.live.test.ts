/** Hostile commits: nothing is followed, nothing is written outside of the folder, and limits hold before the first byte. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commitEntries, type Entry } from '#e2e/support/git-repository.ts';
import { entry, GitTestbed } from '#server/source/git-testbed.ts';

const signal = new AbortController().signal;
const main = { kind: 'branch', name: 'main' } as const;
let bed: GitTestbed;

beforeAll(async () => {
  bed = await GitTestbed.open();
});
afterAll(() => bed.close());
afterEach(() => expect(bed.leftovers()).toEqual([]));

describe('a hostile tree', () => {
  it('is refused where a link stands for the root directory', async () => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, [
      entry('real/a'),
      { path: 'app', mode: '120000', content: '/' },
      { path: 'inner', mode: '120000', content: 'real' },
    ]);
    for (const root of ['app', 'app/etc', 'inner'])
      await expect(bed.fetch(bed.source(), location, commit, root)).rejects.toMatchObject({
        code: 'path_outside_repository',
      });
  });

  it('keeps links as links, and writes nothing outside of the folder', async () => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, [
      entry('a'),
      { path: 'Dockerfile', mode: '120000', content: '/etc/shadow' },
      { path: 'up', mode: '120000', content: '../../..' },
    ]);
    const { directory } = await bed.fetch(bed.source(), location, commit);
    expect((await readdir(directory)).toSorted()).toEqual(['Dockerfile', 'a', 'up']);
    expect((await lstat(path.join(directory, 'Dockerfile'))).isSymbolicLink()).toBe(true);
  });

  it('does not follow submodules', async () => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, [
      entry('.gitmodules', '[submodule "s"]\n\tpath = s\n\turl = https://169.254.169.254/x\n'),
      { path: 's', mode: '160000', content: 'a'.repeat(40) },
    ]);
    const { directory } = await bed.fetch(bed.source(), location, commit);
    expect(await readdir(path.join(directory, 's'))).toEqual([]);
  });

  it.each([
    ['option in a submodule URL', [entry('.gitmodules', '[submodule "s"]\n\tpath = s\n\turl = -uid\n')]],
    [
      'submodule path that leaves',
      [entry('.gitmodules', '[submodule "../../x"]\n\tpath = s\n\turl = https://a.b/c\n')],
    ],
    ['nested .git folder', [entry('sub/.git/hooks/post-checkout', '#!/bin/sh\nid\n')]],
    ['.git in another spelling', [entry('.GIT/config', 'x')]],
    ['link as .gitmodules', [{ path: '.gitmodules', mode: '120000', content: '/etc/passwd' } satisfies Entry]],
  ])('is refused: %s', async (_name, entries) => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, entries);
    await expect(bed.fetch(bed.source(), location, commit)).rejects.toMatchObject({ code: 'clone_refused' });
  });

  it('is refused before it is written, when it is too large in any way', async () => {
    const { gitDir, location } = bed.repository();
    const cases: [Entry[], object, RegExp][] = [
      [Array.from({ length: 30 }, (_, index) => entry(`f${index}`)), { files: 20 }, /more than 20 files/],
      [[{ path: 'zeros', content: Buffer.alloc(20_000_000) }], { totalBytes: 10 * 1024 ** 2 }, /10 MiB/],
      [[entry(`${'d/'.repeat(40)}f`)], { depth: 30 }, /30 levels/],
      [[entry(`${'n'.repeat(200)}`)], { pathCharacters: 100 }, /100 characters/],
      [[{ path: 'noise', content: randomBytes(300_000) }], { packBytes: 20_000 }, /larger than/],
    ]; // prettier-ignore
    for (const [entries, limits, message] of cases) {
      const commit = commitEntries(gitDir, entries);
      const directory = path.join(bed.served, 'never');
      const failed = bed.source({ limits }).fetch(location, commit, directory, { root: '', extra: [] }, signal);
      await expect(failed).rejects.toMatchObject({ code: 'clone_too_large', message });
      expect(existsSync(directory)).toBe(false);
    }
  });

  it('is refused when a path is 5,000 folders deep', async () => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, [entry(`${'d/'.repeat(5_000)}f`)]);
    await expect(bed.fetch(bed.source(), location, commit)).rejects.toMatchObject({ code: 'clone_too_large' });
  });

  it('has its message cut and cleaned of control and direction characters', async () => {
    const { gitDir, location } = bed.repository();
    commitEntries(gitDir, [entry('a')], 'main', `Fix \u001b[31mred\u0007 \u202egnp.exe\n\n${'long '.repeat(2_000)}`);
    const { message } = await bed.source().resolve(location, main, signal);
    expect(message).toMatch(/^Fix \[31mred gnp\.exe\n\nlong long/);
    expect(message.length).toBeLessThanOrEqual(2_000);
  });
});
