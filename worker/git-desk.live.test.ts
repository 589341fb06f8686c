import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { systemClock } from '#server/clock.ts';
import { scaledTimes } from '#server/config.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type MadeDeployment, makeDeployment } from '#server/db/testing-makers.ts';
import { openNotices } from '#server/db/notify.ts';
import type { Notices } from '#server/db/notify.ts';
import { memberships, organizations } from '#server/db/schema/organizations.ts';
import { auditEntries } from '#server/db/schema/platform.ts';
import { sshKeys } from '#server/db/schema/ssh.ts';
import { exec, type ExecResult } from '#server/exec.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { createFakeLogStore } from '#server/logs/fake.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories } from '#server/source/repository-host.ts';
import { type GatewayBench, startGateway } from '#server/ssh/gateway/testing.ts';
import { gatewaySocket } from '#server/ssh/gateway-folder.ts';
import { fingerprintOf } from '#server/ssh/public-keys.ts';
import { testKey } from '#server/usecases/testing.ts';
import { serveGitDesk } from '#worker/git-desk.ts';

let database: TestDatabase;
let notices: Notices;
let made: MadeDeployment;
let bench: GatewayBench;
let desk: { close(): Promise<void> };
let stateDir = '';
let url = '';
let clone = '';
const keyId = newId('sshKey');
const noShells = (): Promise<never> => Promise.reject(new Error('No shells here.'));

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  notices = await openNotices(database.url);
  made = await makeDeployment(database.db);
  stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-git-'));
  const files = new Map([['README.md', Buffer.from('hello\n')]]);
  await new PlatformRepositories({ stateDir }).create(made.repositoryId, files, 'First', { name: 'Anna', email: 'anna@example.test' }); // prettier-ignore
  bench = await startGateway({ invite: noShells, inviteDial: noShells, serve: noShells, serveDial: noShells });
  const blob = [...bench.desk.keys.keys()][0] ?? '';
  bench.desk.keys.set(blob, keyId);
  await database.db.insert(sshKeys).values({ id: keyId, userId: made.userId, name: 'Laptop', algorithm: 'ssh-ed25519', fingerprint: fingerprintOf(Buffer.from(blob, 'base64')), blob }); // prettier-ignore
  desk = await serveGitDesk({
    ctx: {
      db: database.db, clock: systemClock, notices, logs: createFakeLogStore(), keys: { variables: testKey, credentials: testKey },
      sources: new GitSource({ stateDir, privateGitHosts: new Set(), times: scaledTimes(1) }), publicUrl: 'https://slipway.example.test',
    },
    stateDir, log: createLogger({}, () => undefined), socketPath: gatewaySocket(bench.folder, 'git'),
  }); // prettier-ignore
  const [org] = await database.db.select({ slug: organizations.slug }).from(organizations).where(eq(organizations.id, made.orgId)); // prettier-ignore
  url = `ssh://git@127.0.0.1:${bench.port}/${org?.slug ?? ''}/shop.git`;
  clone = path.join(bench.folder, 'clone');
});
afterAll(async () => {
  await bench.dispose();
  await desk.close();
  await notices.close();
  await database.close();
  await rm(stateDir, { recursive: true, force: true });
});

const git = (args: string[], cwd = clone): Promise<ExecResult> =>
  exec('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.test', ...args], {
    cwd, timeoutMs: 60_000, env: { HOME: bench.folder, GIT_SSH_COMMAND: `ssh ${bench.options.join(' ')}` },
  }); // prettier-ignore
const commit = async (name: string, text: string): Promise<void> => {
  await writeFile(path.join(clone, name), text);
  await git(['add', '-A']);
  await git(['commit', '-qm', name]);
};

test('clones, pushes a branch, and tells that nothing follows it', async () => {
  expect((await git(['clone', '-q', url, clone], bench.folder)).stderr).toBe('');
  expect(await readFile(path.join(clone, 'README.md'), 'utf8')).toBe('hello\n');
  await commit('a.txt', 'one');
  const { exitCode, stderr } = await git(['push', 'origin', 'HEAD:feature']);
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain('Nothing that is live follows feature');
  expect((await git(['ls-remote', 'origin', 'feature'])).stdout).toContain('refs/heads/feature');
});

test('a push that the repository refuses says why: tags, other refs, shallow clones, damaged objects', async () => {
  await git(['tag', 'v1']);
  expect((await git(['push', 'origin', 'v1'])).stderr).toContain('Git tags are not kept here');
  expect((await git(['push', 'origin', 'HEAD:refs/notes/x'])).stderr).toContain('Only branches');
  const shallow = path.join(bench.folder, 'shallow');
  await git(['push', '-q', 'origin', 'HEAD:main']);
  await git(['clone', '-q', '--depth', '1', url, shallow], bench.folder);
  await writeFile(path.join(shallow, 'b.txt'), 'two');
  await git(['add', '-A'], shallow);
  await git(['commit', '-qm', 'two'], shallow);
  await git(['commit', '--amend', '-qm', 'two again'], shallow);
  const other = await git(['push', 'origin', 'HEAD:shallow'], shallow);
  expect(`${other.exitCode} ${other.stderr}`).toMatch(/^0|shallow/);
  const tree = (await git(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'])).stdout.trim();
  expect(tree).not.toBe('');
  const bad = (await exec('git', ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], { cwd: clone, input: `tree ${tree}\nauthor nobody\n\nx\n` })).stdout.trim(); // prettier-ignore
  const damaged = await git(['push', 'origin', `${bad}:refs/heads/bad`]);
  expect(damaged.exitCode).not.toBe(0);
  expect((await git(['ls-remote', 'origin', 'bad'])).stdout).toBe('');
});

test('nobody else’s repository, nothing but git, and no push for who may only read', async () => {
  const foreign = await git(['ls-remote', url.replace('/shop.git', '/nothing.git')]);
  expect(foreign.stderr).toContain('or you have no access to it');
  for (const command of ['id', "git-upload-pack '../../etc'", "git-upload-archive 'x/y.git'", "git-upload-pack 'a/b.git'; id", 'git-receive-pack --help'])
    expect((await bench.ssh(['git@127.0.0.1', command])).stderr).toContain('git only'); // prettier-ignore
  await database.db.update(memberships).set({ role: 'viewer' }).where(eq(memberships.userId, made.userId));
  await commit('c.txt', 'three');
  expect((await git(['push', 'origin', 'HEAD:other'])).stderr).toContain('it may clone, not push');
  expect((await git(['ls-remote', 'origin'])).exitCode).toBe(0);
  await database.db.delete(memberships).where(eq(memberships.userId, made.userId));
  expect((await git(['ls-remote', 'origin'])).stderr).toContain('or you have no access to it');
  const kinds = (await database.db.select({ action: auditEntries.action }).from(auditEntries)).map((row) => row.action);
  expect(new Set(kinds)).toEqual(new Set(['repository.fetch', 'repository.push']));
});
