/** Real Git servers over http and ssh with a state folder, for the live tests of the git driver. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startGitHttpServer, type GitHttpServer } from '#e2e/support/git-http-server.ts';
import { initRepository, type Entry } from '#e2e/support/git-repository.ts';
import { startGitSshServer, type GitSshServer } from '#e2e/support/git-ssh-server.ts';
import { Secret } from '#server/secret.ts';
import { GitSource, type GitSourceOptions } from '#server/source/git.ts';
import type { FetchedTree, RepositoryCredential, RepositoryLocation } from '#server/source/types.ts';

export const token: RepositoryCredential = { kind: 'token', username: 'ada', token: new Secret('s3cret-t0ken') };
export const entry = (path: string, content = 'x'): Entry => ({ path, content });
const signal = new AbortController().signal;

export type GitLocation = Extract<RepositoryLocation, { kind: 'git' }>;

export class GitTestbed {
  readonly stateDir: string;
  /** Folder that both servers serve. */
  readonly served: string;
  readonly http: GitHttpServer;
  readonly ssh: GitSshServer;
  #repositories = 0;

  private constructor(stateDir: string, served: string, http: GitHttpServer, ssh: GitSshServer) {
    this.stateDir = stateDir;
    this.served = served;
    this.http = http;
    this.ssh = ssh;
  }

  static async open(): Promise<GitTestbed> {
    const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-state-'));
    const served = await mkdtemp(path.join(tmpdir(), 'slipway-served-'));
    const http = await startGitHttpServer(served, { token: 's3cret-t0ken' });
    return new GitTestbed(stateDir, served, http, await startGitSshServer(served));
  }

  async close(): Promise<void> {
    await Promise.all([this.http.close(), this.ssh.close()]);
    await Promise.all([this.stateDir, this.served].map((folder) => rm(folder, { recursive: true, force: true })));
  }

  source(options: Partial<GitSourceOptions> = {}): GitSource {
    const privateGitHosts = new Set([this.http.host, this.ssh.host]);
    return new GitSource({ stateDir: this.stateDir, privateGitHosts, times: { fetchDeadline: 20_000 }, ...options });
  }

  at(url: string, credential: RepositoryCredential | null = token, hostKey: string | null = null): GitLocation {
    return { kind: 'git', repositoryId: `rep_${this.#repositories}`, url, credential, hostKey };
  }

  /** A new empty repository, and its location over http with the right token. */
  repository(): { gitDir: string; name: string; location: GitLocation } {
    this.#repositories += 1;
    const name = `r${this.#repositories}.git`;
    const gitDir = path.join(this.served, name);
    initRepository(gitDir);
    return { gitDir, name, location: this.at(`${this.http.url}/${name}`) };
  }

  async fetch(
    source: GitSource,
    location: RepositoryLocation,
    commit: string,
    root = '',
  ): Promise<{ directory: string; tree: FetchedTree }> {
    const directory = await mkdtemp(path.join(this.served, 'work-'));
    return { directory, tree: await source.fetch(location, commit, directory, { root, extra: [] }, signal) };
  }

  /** What operations left in the folder of packs and credential files. */
  leftovers(): string[] {
    const folder = path.join(this.stateDir, 'run/git');
    return existsSync(folder) ? readdirSync(folder) : [];
  }
}
