import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exec, type ExecResult } from '#server/exec.ts';
import { type LivePlace, openLivePlace } from '#server/ssh/gateway/live-place.ts';

let place: LivePlace;
let file = '';
const large = randomBytes(1024 * 1024);
const times = 100;
const at = 'web@127.0.0.1';
const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const inFolder = (...names: string[]): string => path.join(place.bench.folder, ...names);
const run = (client: string, args: string[], input?: string): Promise<ExecResult> =>
  exec(client, [...place.bench.options, ...args], { timeoutMs: 60_000, ...(input === undefined ? {} : { input }) });

beforeAll(async () => {
  place = await openLivePlace(process.env.SLIPWAY_DOCKER_SOCKET);
  expect(place.problems).toEqual([]);
  file = inFolder('large');
  await writeFile(file, Buffer.concat(Array.from({ length: times }, () => large)));
}, 120_000);
afterAll(() => place.dispose());

describe('scp', () => {
  test.each([[[]], [['-O']]])('carries 100 MiB both ways unchanged, with and without its old protocol: %j', async (flags) => {
    const wanted = sha(await readFile(file));
    expect((await run('scp', [...flags, '-q', file, `${at}:/tmp/large`])).stderr).toBe('');
    const there = await run('ssh', [at, 'busybox sha256sum /tmp/large; busybox stat -c %s /tmp/large']);
    expect(there.stdout).toBe(`${wanted}  /tmp/large\n${times * large.length}\n`);
    expect((await run('scp', [...flags, '-q', `${at}:/tmp/large`, inFolder('back')])).stderr).toBe('');
    expect(sha(await readFile(inFolder('back')))).toBe(wanted);
  }, 120_000); // prettier-ignore

  test('stays inside of the instance, whatever the path', async () => {
    await run('ssh', [at, 'busybox ln -sf / /tmp/root']);
    for (const escape of ['/tmp/root/proc/1/root/etc/shadow', '../../../../../../../etc/shadow', '/etc/shadow'])
      expect((await run('scp', ['-q', `${at}:${escape}`, inFolder('stolen')])).exitCode, escape).not.toBe(0);
    expect(existsSync(inFolder('stolen'))).toBe(false);
  });
});

test('sftp lists, puts, renames, changes modes, gets and removes', async () => {
  const commands = ['mkdir /tmp/s', `put ${file} /tmp/s/a`, 'rename /tmp/s/a /tmp/s/b', 'chmod 600 /tmp/s/b', 'ls -l /tmp/s', `get /tmp/s/b ${inFolder('got')}`, 'rm /tmp/s/b', 'rmdir /tmp/s']; // prettier-ignore
  const { stdout, stderr, exitCode } = await run('sftp', ['-b', '-', at], `${commands.join('\n')}\n`);
  expect([stderr, exitCode]).toEqual(['', 0]);
  expect(stdout).toContain('-rw-------');
  expect(sha(await readFile(inFolder('got')))).toBe(sha(await readFile(file)));
});

test('rsync brings a tree over, and then only what changed', async () => {
  await mkdir(inFolder('tree', 'deep'), { recursive: true });
  for (let index = 0; index < 300; index += 1)
    await writeFile(inFolder('tree', index % 2 ? 'deep' : '.', `f${index}`), `${index}`);
  const sync = (): Promise<ExecResult> =>
    exec('rsync', ['-a', '--stats', '-e', `ssh ${place.bench.options.join(' ')}`, `${inFolder('tree')}/`, `${at}:/tmp/tree/`], { timeoutMs: 60_000 }); // prettier-ignore
  expect((await sync()).stdout).toContain('Number of created files: 302');
  await writeFile(inFolder('tree', 'f0'), 'changed');
  expect((await sync()).stdout).toContain('Number of regular files transferred: 1');
  const { stdout } = await run('ssh', [at, 'cat /tmp/tree/f0; busybox find /tmp/tree -type f | busybox wc -l']);
  expect(stdout.replace('changed', '').trim()).toBe('300');
});

test('sshfs mounts the instance’s files', async () => {
  const mount = inFolder('mount');
  await mkdir(mount);
  const options = place.bench.options.slice(2); // sshfs has a -F of its own
  const { exitCode, stderr } = await exec('sshfs', [...options, `${at}:/tmp`, mount], { timeoutMs: 20_000 });
  expect([stderr, exitCode]).toEqual(['', 0]);
  try {
    await writeFile(path.join(mount, 'by-mount'), 'hello');
    expect(await readdir(mount)).toContain('by-mount');
    expect((await run('ssh', [at, 'cat /tmp/by-mount'])).stdout).toBe('hello');
  } finally {
    await exec('fusermount3', ['-u', mount]);
  }
});
