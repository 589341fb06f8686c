/** SourceProvider by the git program: https and ssh remotes, and the platform's own bare repositories. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '#server/config.ts';
import type { GitRef } from '#server/domain/settings.ts';
import type { Lookup } from '#server/source/address-check.ts';
import { sourceFailure } from '#server/source/failures.ts';
import { git, withScratch, type GitEnvironment } from '#server/source/git-command.ts';
import { gitError, Redirected } from '#server/source/git-errors.ts';
import { followRedirects } from '#server/source/git-redirects.ts';
import { openRemote, parseStoredUrl, scanHostKey } from '#server/source/git-remote.ts';
import {
  assertWithinLimits,
  commitFacts,
  commitHistory,
  commitLog,
  exportFiles,
  rootFile,
  treeHash,
  type LocalRepository,
  type TreeLimits,
} from '#server/source/git-tree.ts';
import { repositoryFolder } from '#server/source/repository-host.ts';
import type { FetchedTree, RepositoryLocation, ResolvedCommit, SourceProvider } from '#server/source/types.ts';

export interface GitSourceOptions {
  stateDir: string;
  privateGitHosts: ReadonlySet<string>;
  times: Pick<Config['times'], 'fetchDeadline'>;
  limits?: Partial<TreeLimits & { packBytes: number }>;
  /** Name lookup; tests give their own. */
  lookup?: Lookup;
}

const defaultLimits = {
  files: 100_000,
  totalBytes: 2 * 1024 ** 3,
  packBytes: 1024 ** 3,
  depth: 64,
  pathCharacters: 1024,
};
const refsTimeoutMs = 30_000;
const fullId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const rememberedCommits = 500;
const rememberedFiles = 100;

interface OpenRemote {
  url: string;
  environment: GitEnvironment;
  scratch: string;
}
type Facts = Awaited<ReturnType<typeof commitFacts>>;

export class GitSource implements SourceProvider {
  readonly #options: GitSourceOptions;
  readonly #limits: typeof defaultLimits;
  /** Facts of commits never change: the poller asks for the same tip each minute. */
  readonly #facts = new Map<string, Facts>();
  readonly #files = new Map<string, string | null>();

  constructor(options: GitSourceOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  resolve(location: RepositoryLocation, ref: GitRef, signal: AbortSignal): Promise<ResolvedCommit> {
    return this.#withRemote(location, signal, async (remote) => {
      const commit = await this.#commitOf(remote, ref, signal);
      const key = `${location.repositoryId}/${commit}`;
      const facts = this.#facts.get(key) ?? (await this.#fetchFacts(location, remote, commit, signal));
      this.#facts.set(key, facts);
      const oldest = this.#facts.keys().next().value;
      if (this.#facts.size > rememberedCommits && oldest !== undefined) this.#facts.delete(oldest);
      return { commit, ...facts };
    });
  }

  history(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<string[]> {
    return this.#withRemote(location, signal, async (remote) => {
      if (!fullId.test(commit)) throw sourceFailure('ref_missing');
      const gitDir =
        location.kind === 'platform'
          ? remote.url
          : await this.#download(remote, commit, [`--depth=${count}`, '--filter=tree:0'], signal);
      return await commitHistory(this.#local(gitDir, remote.scratch, signal), commit, count);
    });
  }

  log(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<ResolvedCommit[]> {
    return this.#withRemote(location, signal, async (remote) => {
      if (!fullId.test(commit)) throw sourceFailure('ref_missing');
      const gitDir =
        location.kind === 'platform'
          ? remote.url
          : await this.#download(remote, commit, [`--depth=${count}`, '--filter=tree:0'], signal);
      return await commitLog(this.#local(gitDir, remote.scratch, signal), commit, count);
    });
  }

  listRefs(
    location: RepositoryLocation,
    signal: AbortSignal,
  ): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }> {
    return this.#withRemote(location, signal, async (remote) => {
      const lines = await this.#listRemote(remote, ['HEAD', 'refs/heads/*', 'refs/tags/*'], signal);
      const names = (prefix: string): string[] =>
        lines.flatMap(([, name]) =>
          name.startsWith(prefix) && !name.endsWith('^{}') ? name.slice(prefix.length) : [],
        );
      const head = lines.find(([id, name]) => name === 'HEAD' && id.startsWith('ref: '));
      return {
        branches: names('refs/heads/').slice(0, 500),
        tags: names('refs/tags/').slice(0, 500),
        defaultBranch: head?.[0].replace(/^ref: refs\/heads\//, '') ?? null,
      };
    });
  }

  async hostKey(url: string, signal: AbortSignal): Promise<string | null> {
    const parsed = parseStoredUrl(url, this.#options.privateGitHosts);
    return parsed.scheme === 'ssh' ? await scanHostKey(parsed, this.#options, signal) : null;
  }

  fetch(
    location: RepositoryLocation,
    commit: string,
    directory: string,
    paths: { root: string; extra: readonly string[] },
    signal: AbortSignal,
  ): Promise<FetchedTree> {
    return this.#withRemote(location, signal, async (remote) => {
      if (!fullId.test(commit)) throw sourceFailure('ref_missing');
      const gitDir =
        location.kind === 'platform' ? remote.url : await this.#download(remote, commit, ['--depth=1'], signal);
      const repository = this.#local(gitDir, remote.scratch, signal);
      const { message, author } = await commitFacts(repository, commit);
      const hash = await treeHash(repository, commit, paths);
      await assertWithinLimits(repository, commit, this.#limits);
      await mkdir(directory, { recursive: true });
      await exportFiles(repository, commit, directory, this.#limits.totalBytes);
      return { treeHash: hash, message, author };
    });
  }

  async read(
    location: RepositoryLocation,
    commit: string,
    file: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<string | null> {
    const key = `${location.repositoryId}/${commit}/${file}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const text = await this.#withRemote(location, signal, async (remote) => {
      if (!fullId.test(commit)) throw sourceFailure('ref_missing');
      // The root folder's own files; nothing below is needed.
      const gitDir =
        location.kind === 'platform'
          ? remote.url
          : await this.#download(remote, commit, ['--depth=1', '--filter=tree:2'], signal);
      return await rootFile(this.#local(gitDir, remote.scratch, signal), commit, file, maxBytes);
    });
    this.#files.set(key, text);
    const oldest = this.#files.keys().next().value;
    if (this.#files.size > rememberedFiles && oldest !== undefined) this.#files.delete(oldest);
    return text;
  }

  #local(gitDir: string, scratch: string, signal: AbortSignal): LocalRepository {
    return { gitDir, scratch, signal, timeoutMs: this.#options.times.fetchDeadline };
  }

  async #withRemote<T>(
    location: RepositoryLocation,
    signal: AbortSignal,
    action: (remote: OpenRemote) => Promise<T>,
  ): Promise<T> {
    const { stateDir } = this.#options;
    if (location.kind === 'platform') {
      const url = repositoryFolder(stateDir, location.repositoryId);
      if (!existsSync(url)) throw sourceFailure('clone_unreachable', 'The repository of this project is gone.');
      const environment = { protocols: 'file', config: [], variables: {} };
      return await withScratch(stateDir, (scratch) => action({ url, environment, scratch }));
    }
    const open = (at: typeof location): Promise<T> =>
      withScratch(stateDir, async (scratch) =>
        action({ ...(await openRemote(at, scratch, this.#options, signal)), scratch }),
      );
    try {
      return await open(location);
    } catch (error) {
      if (!(error instanceof Redirected)) throw error;
      return await open(await followRedirects(location, this.#options, signal));
    }
  }

  /** `[id or "ref: target", name]` of every matching ref. @throws SourceFailure repository_empty when there is none. */
  async #listRemote(remote: OpenRemote, patterns: readonly string[], signal: AbortSignal): Promise<[string, string][]> {
    const args = ['ls-remote', '--quiet', '--symref', '--end-of-options', remote.url, ...patterns];
    const result = await git(args, { ...remote, signal, timeoutMs: refsTimeoutMs });
    if (result.exitCode !== 0) throw gitError(result);
    const lines = result.stdout
      .split('\n')
      .map((line): [string, string] => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? ''])
      .filter(([, name]) => name !== '');
    if (lines.length === 0) throw sourceFailure('repository_empty');
    return lines;
  }

  async #commitOf(remote: OpenRemote, ref: GitRef, signal: AbortSignal): Promise<string> {
    if (ref.kind === 'commit' && fullId.test(ref.name)) return ref.name;
    const lines = await this.#listRemote(remote, ['HEAD', 'refs/heads/*', 'refs/tags/*'], signal);
    if (ref.kind === 'commit') {
      const tips = new Set(lines.map(([id]) => id).filter((id) => ref.name.length >= 7 && id.startsWith(ref.name)));
      const [only] = tips;
      if (tips.size === 1 && only !== undefined) return only;
      throw sourceFailure('ref_missing', 'Give the full commit id: this short one is not the tip of a branch or tag.');
    }
    const name = `refs/${ref.kind === 'branch' ? 'heads' : 'tags'}/${ref.name}`;
    const found = lines.find(([, listed]) => listed === `${name}^{}`) ?? lines.find(([, listed]) => listed === name);
    if (!found) throw sourceFailure('ref_missing', `The repository has no ${ref.kind} “${ref.name}”.`);
    return found[0];
  }

  async #fetchFacts(
    location: RepositoryLocation,
    remote: OpenRemote,
    commit: string,
    signal: AbortSignal,
  ): Promise<Facts> {
    const gitDir =
      location.kind === 'platform'
        ? remote.url
        : await this.#download(remote, commit, ['--depth=1', '--filter=tree:0'], signal);
    return await commitFacts(this.#local(gitDir, remote.scratch, signal), commit);
  }

  /** One commit in a new bare repository of the scratch folder. */
  async #download(remote: OpenRemote, commit: string, how: readonly string[], signal: AbortSignal): Promise<string> {
    const gitDir = path.join(remote.scratch, 'repository.git');
    const run = {
      ...remote,
      signal,
      timeoutMs: this.#options.times.fetchDeadline,
      maxFileBytes: this.#limits.packBytes,
    };
    const made = await git(['init', '--quiet', '--bare', '--template=', gitDir], run);
    if (made.exitCode !== 0) throw gitError(made);
    const fetchArgs = [`--git-dir=${gitDir}`, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
    const result = await git([...fetchArgs, ...how, '--end-of-options', remote.url, commit], run);
    if (result.exitCode === 0) return gitDir;
    const plain = how.filter((option) => !option.startsWith('--filter='));
    if (plain.length < how.length && /filter/.test(result.stderr))
      return await this.#refetch(remote, commit, plain, signal);
    if (!/unadvertised object/.test(result.stderr)) throw gitError(result);
    // Servers of the old protocol give tips only: fetch them all and look for the commit.
    const all = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
    const whole = await git([...fetchArgs, '--end-of-options', remote.url, ...all], run);
    if (whole.exitCode !== 0) throw gitError(whole);
    return gitDir;
  }

  /** Again from nothing, for servers that do not know this filter. */
  async #refetch(remote: OpenRemote, commit: string, how: readonly string[], signal: AbortSignal): Promise<string> {
    await rm(path.join(remote.scratch, 'repository.git'), { recursive: true, force: true });
    return await this.#download(remote, commit, how, signal);
  }
}
