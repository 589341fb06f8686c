/** Bad remotes, as real servers show them: each ends with its own code, and no credential file or pack stays behind. */
import { readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGitHttpServer } from '#e2e/support/git-http-server.ts';
import { commitEntries, tagCommit } from '#e2e/support/git-repository.ts';
import { Secret } from '#server/secret.ts';
import { newDeployKey } from '#server/source/deploy-key.ts';
import { entry, GitTestbed } from '#server/source/git-testbed.ts';
import type { RepositoryCredential } from '#server/source/types.ts';

const signal = new AbortController().signal;
const main = { kind: 'branch', name: 'main' } as const;
let bed: GitTestbed;

beforeAll(async () => {
  bed = await GitTestbed.open();
});
afterAll(() => bed.close());
afterEach(() => expect(bed.leftovers()).toEqual([]));

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // the process is gone
  }
};

describe('a remote that cannot be used', () => {
  it('refuses a wrong and a missing credential without waiting for a prompt', async () => {
    const { gitDir, location } = bed.repository();
    commitEntries(gitDir, [entry('a')]);
    const start = Date.now();
    const wrong: RepositoryCredential = { kind: 'token', username: 'ada', token: new Secret('wrong-token') };
    for (const credential of [wrong, null]) {
      const failed = bed.source().resolve({ ...location, credential }, main, signal);
      await expect(failed).rejects.toMatchObject({ code: 'clone_credentials' });
      await failed.catch((error: unknown) => expect(String(error)).not.toContain('wrong-token'));
    }
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  it('names an unknown repository', async () => {
    const failed = bed.source().resolve(bed.at(`${bed.http.url}/nothing.git`), main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'clone_credentials', message: /no such repository/ });
  });

  it('names an empty repository, a missing branch, tag and commit', async () => {
    const { gitDir, location } = bed.repository();
    await expect(bed.source().resolve(location, main, signal)).rejects.toMatchObject({ code: 'repository_empty' });
    commitEntries(gitDir, [entry('a')]);
    for (const ref of [
      { kind: 'branch', name: 'gone' },
      { kind: 'tag', name: 'main' },
      { kind: 'commit', name: 'f'.repeat(40) },
      { kind: 'commit', name: 'abcdef1' },
    ] as const)
      await expect(bed.source().resolve(location, ref, signal)).rejects.toMatchObject({ code: 'ref_missing' });
  });

  it('resolves an annotated tag to its commit, and a short id that is a tip', async () => {
    const { gitDir, location } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    tagCommit(gitDir, 'v1', commit);
    for (const ref of [
      { kind: 'tag', name: 'v1' },
      { kind: 'commit', name: commit.slice(0, 8) },
    ] as const)
      expect(await bed.source().resolve(location, ref, signal)).toMatchObject({ commit, author: 'Ada' });
  });

  it('names a host that refuses connections, and one that does not exist', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    // A server that listens on a port has an address object, never a pipe's name.
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const options = { privateGitHosts: new Set([`127.0.0.1:${port}`]) };
    const refused = bed.source(options).resolve(bed.at(`http://127.0.0.1:${port}/a/b`), main, signal);
    await expect(refused).rejects.toMatchObject({ code: 'clone_unreachable' });
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const unknown = bed.source({ lookup }).resolve(bed.at('https://nowhere.example/a/b'), main, signal);
    await expect(unknown).rejects.toMatchObject({ code: 'clone_unreachable' });
  });

  it('ends a server that never finishes at the deadline', async () => {
    const { gitDir, location, name } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    bed.http.handle(`/${name}/git-upload-pack`, () => undefined);
    const failed = bed.fetch(bed.source({ times: { fetchDeadline: 1_500 } }), location, commit);
    await expect(failed).rejects.toMatchObject({ code: 'clone_timeout' });
  });

  it('treats a failing server as something that goes away', async () => {
    bed.http.handle('/broken', (_request, response) => response.writeHead(502).end());
    const failed = bed.source().resolve(bed.at(`${bed.http.url}/broken/x.git`), main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('stops at once when it is aborted', async () => {
    const { gitDir, location, name } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    const abort = new AbortController();
    bed.http.handle(`/${name}/git-upload-pack`, () => abort.abort());
    const directory = path.join(bed.served, 'aborted');
    const failed = bed.source().fetch(location, commit, directory, { root: '', extra: [] }, abort.signal);
    await expect(failed).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('an address that must not be reached', () => {
  it('is refused when one of several addresses is private, before any connection', async () => {
    const lookup = () => Promise.resolve(['140.82.121.4', '127.0.0.1']);
    const failed = bed.source({ lookup }).resolve(bed.at('https://git.example.com/a/b'), main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'clone_refused' });
  });

  it('is refused when the operator withdrew a private host', async () => {
    const { location } = bed.repository();
    const failed = bed.source({ privateGitHosts: new Set() }).resolve(location, main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'clone_refused' });
  });

  it('is the one that was checked: a second answer of the name service changes nothing', async () => {
    const { gitDir, name } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    const host = `git.rebinding.example:${bed.http.host.split(':')[1]}`;
    let asked = 0;
    const lookup = () => Promise.resolve([(asked += 1) === 1 ? '127.0.0.1' : '127.9.9.9']);
    const source = bed.source({ lookup, privateGitHosts: new Set([host]) });
    expect(await source.resolve(bed.at(`http://${host}/${name}`), main, signal)).toMatchObject({ commit });
    expect(asked).toBe(1);
  });

  it.each(['http://169.254.169.254/', 'file:///etc/', 'http://127.0.0.1:1/', 'gopher://x/', '//169.254.169.254/', ''])(
    'is not reached by a redirect to %s',
    async (target) => {
      bed.http.handle('/away', (request, response) => {
        const location = `${target}${target === '' ? '' : 'x.git'}${(request.url ?? '').replace('/away/x.git', '')}`;
        response.writeHead(302, { Location: target === '' ? '' : location }).end();
      });
      const failed = bed.source().resolve(bed.at(`${bed.http.url}/away/x.git`), main, signal);
      await expect(failed).rejects.toMatchObject({ code: 'clone_refused' });
    },
  );

  it('ends redirects that go in circles', async () => {
    bed.http.handle('/circle', (request, response) => response.writeHead(302, { Location: request.url }).end());
    const failed = bed.source().resolve(bed.at(`${bed.http.url}/circle/x.git`), main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'clone_refused', message: /circles/ });
  });

  it('a harmless redirect is followed, with the credential on the same host only', async () => {
    const { gitDir, name } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    bed.http.handle('/old/', (request, response) =>
      response.writeHead(301, { Location: (request.url ?? '').replace('/old/', '/') }).end(),
    );
    expect(await bed.source().resolve(bed.at(`${bed.http.url}/old/${name}`), main, signal)).toMatchObject({ commit });
    const other = await startGitHttpServer(bed.served);
    try {
      bed.http.handle('/moved/', (request, response) =>
        response.writeHead(301, { Location: `${other.url}${(request.url ?? '').replace('/moved/', '/')}` }).end(),
      );
      const source = bed.source({ privateGitHosts: new Set([bed.http.host, other.host]) });
      expect(await source.resolve(bed.at(`${bed.http.url}/moved/${name}`), main, signal)).toMatchObject({ commit });
      expect(other.requests.length).toBeGreaterThan(0);
      expect(other.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('ssh', () => {
  it('fails on a host key that is not the pinned one, and shows the key to pin', async () => {
    const { gitDir, name } = bed.repository();
    const commit = commitEntries(gitDir, [entry('a')]);
    const key = newDeployKey('rep_1');
    bed.ssh.accepted.push(key.publicKey);
    const url = `ssh://git@${bed.ssh.host}/${name}`;
    const pinned = await bed.source().hostKey(url, signal);
    expect(pinned).toBe(`[127.0.0.1]:${bed.ssh.port} ${bed.ssh.hostKey}`);
    const credential: RepositoryCredential = { kind: 'deploy-key', privateKey: key.privateKey };
    const location = bed.at(url, credential, pinned);
    expect(await bed.source().resolve(location, main, signal)).toMatchObject({ commit });
    await bed.ssh.changeHostKey();
    const failed = bed.source().resolve(location, main, signal);
    await expect(failed).rejects.toMatchObject({ code: 'host_key_changed' });
  });

  it('refuses a key that the host does not know, and no key', async () => {
    const { gitDir, name } = bed.repository();
    commitEntries(gitDir, [entry('a')]);
    const unknown: RepositoryCredential = { kind: 'deploy-key', privateKey: newDeployKey('other').privateKey };
    for (const credential of [unknown, null]) {
      const failed = bed.source().resolve(bed.at(`ssh://git@${bed.ssh.host}/${name}`, credential), main, signal);
      await expect(failed).rejects.toMatchObject({ code: 'clone_credentials' });
    }
  });
});

it('keeps the token out of every process listing', async () => {
  const { gitDir, location, name } = bed.repository();
  const commit = commitEntries(gitDir, [entry('a')]);
  let listing = '';
  bed.http.handle(`/${name}/git-upload-pack`, (_request, response) => {
    for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) listing += commandLine(pid);
    response.writeHead(500).end();
  });
  await expect(bed.fetch(bed.source(), location, commit)).rejects.toMatchObject({ code: 'unavailable' });
  expect(listing).toContain(bed.http.host);
  expect(listing).not.toContain('s3cret-t0ken');
  expect(listing).not.toContain(Buffer.from('ada:s3cret-t0ken').toString('base64'));
});
