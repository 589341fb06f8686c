/**
 * SourceProvider and RepositoryHost in memory: real refs, commits and files, and failures by script. Fetching writes
 * real files, so that what reads the folder afterwards is tested as it is.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#server/errors.ts';
import type { GitRef } from '#server/domain/settings.ts';
import { sourceFailure } from '#server/source/failures.ts';
import type {
  FetchedTree,
  RepositoryHost,
  RepositoryLocation,
  ResolvedCommit,
  SourceProvider,
} from '#server/source/types.ts';

interface FakeCommit {
  files: ReadonlyMap<string, Buffer>;
  message: string;
  author: string;
  at: string;
  parent: string | null;
}
interface FakeRepository {
  commits: Map<string, FakeCommit>;
  branches: Map<string, string>;
  tags: Map<string, string>;
}
type Operation = 'resolve' | 'history' | 'log' | 'listRefs' | 'read' | 'fetch' | 'hostKey' | 'create' | 'remove';
export type FakeFiles = Record<string, string | Buffer>;

const toFileMap = (files: FakeFiles): Map<string, Buffer> =>
  new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));

const isBelow = (name: string, folder: string): boolean =>
  folder === '' || name === folder || name.startsWith(`${folder}/`);

function hashFiles(files: ReadonlyMap<string, Buffer>, folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    hash.update(`${folder}\0`);
    for (const [name, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (isBelow(name, folder)) hash.update(`${name}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

export class FakeSource implements SourceProvider, RepositoryHost {
  readonly repositories = new Map<string, FakeRepository>();
  /** Every call in order: operation and repository id. */
  readonly calls: { operation: Operation; repositoryId: string }[] = [];
  readonly #failures: { operation: Operation; error: Error; times: number }[] = [];
  #clock = Date.parse('2026-01-01T00:00:00Z');

  /** The next `times` calls of this operation throw this error. */
  failNext(operation: Operation, error: Error, times = 1): void {
    this.#failures.push({ operation, error, times });
  }

  /** A commit on a branch (made when missing, as is the repository); returns its id. */
  commit(repositoryId: string, files: FakeFiles, options: { branch?: string; message?: string } = {}): string {
    return this.#addCommit(repositoryId, toFileMap(files), options.branch ?? 'main', {
      message: options.message ?? 'Change',
      author: 'Ada',
    });
  }

  /** A repository without any commit. */
  empty(repositoryId: string): void {
    this.repositories.set(repositoryId, { commits: new Map(), branches: new Map(), tags: new Map() });
  }

  tag(repositoryId: string, name: string, commit: string): void {
    this.repositories.get(repositoryId)?.tags.set(name, commit);
  }

  resolve(location: RepositoryLocation, ref: GitRef, signal: AbortSignal): Promise<ResolvedCommit> {
    return this.#run('resolve', this.#idOf(location), signal, () => {
      const repository = this.#open(this.#idOf(location));
      const named = { branch: repository.branches, tag: repository.tags }[ref.kind === 'tag' ? 'tag' : 'branch'];
      const commit = ref.kind === 'commit' ? ref.name : named.get(ref.name);
      const found = commit === undefined ? undefined : repository.commits.get(commit);
      if (commit === undefined || !found) throw sourceFailure('ref_missing', `There is no ${ref.kind} “${ref.name}”.`);
      return { commit, message: found.message, author: found.author, at: found.at };
    });
  }

  history(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<string[]> {
    return this.#run('history', this.#idOf(location), signal, () => {
      const { commits } = this.#open(this.#idOf(location));
      const ids: string[] = [];
      for (let id: string | null = commit; id !== null && ids.length < count; id = commits.get(id)?.parent ?? null) {
        if (!commits.has(id)) throw sourceFailure('ref_missing');
        ids.push(id);
      }
      return ids;
    });
  }

  log(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<ResolvedCommit[]> {
    return this.#run('log', this.#idOf(location), signal, () => {
      const { commits } = this.#open(this.#idOf(location));
      const found: ResolvedCommit[] = [];
      for (let id: string | null = commit; id !== null && found.length < count;) {
        const one = commits.get(id);
        if (!one) throw sourceFailure('ref_missing');
        found.push({ commit: id, message: one.message, author: one.author, at: one.at });
        id = one.parent;
      }
      return found;
    });
  }

  listRefs(
    location: RepositoryLocation,
    signal: AbortSignal,
  ): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }> {
    return this.#run('listRefs', this.#idOf(location), signal, () => {
      const repository = this.#open(this.#idOf(location));
      const branches = [...repository.branches.keys()].toSorted();
      return {
        branches: branches.slice(0, 500),
        tags: [...repository.tags.keys()].toSorted().slice(0, 500),
        defaultBranch: branches.includes('main') ? 'main' : (branches[0] ?? null),
      };
    });
  }

  hostKey(_url: string, signal: AbortSignal): Promise<string | null> {
    return this.#run('hostKey', '', signal, () => null);
  }

  read(
    location: RepositoryLocation,
    commit: string,
    file: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<string | null> {
    return this.#run('read', this.#idOf(location), signal, () => {
      const found = this.#open(this.#idOf(location)).commits.get(commit);
      if (!found) throw sourceFailure('ref_missing');
      return (
        found.files
          .get(file)
          ?.toString('utf8')
          .slice(0, maxBytes + 1) ?? null
      );
    });
  }

  fetch(
    location: RepositoryLocation,
    commit: string,
    directory: string,
    paths: { root: string; extra: readonly string[] },
    signal: AbortSignal,
  ): Promise<FetchedTree> {
    return this.#run('fetch', this.#idOf(location), signal, async () => {
      const found = this.#open(this.#idOf(location)).commits.get(commit);
      if (!found) throw sourceFailure('ref_missing');
      const rootExists = [...found.files.keys()].some((name) => isBelow(name, paths.root) && name !== paths.root);
      if (!rootExists) throw sourceFailure('root_missing', `There is no folder “${paths.root}” at this commit.`);
      await mkdir(directory, { recursive: true });
      for (const [name, content] of found.files) {
        await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
        await writeFile(path.join(directory, name), content);
      }
      return {
        treeHash: hashFiles(found.files, [paths.root, ...paths.extra]),
        message: found.message,
        author: found.author,
      };
    });
  }

  create(
    repositoryId: string,
    files: ReadonlyMap<string, Buffer>,
    message: string,
    author: { name: string; email: string },
  ): Promise<string> {
    return this.#run('create', repositoryId, undefined, () => {
      const existing = this.repositories.get(repositoryId)?.branches.get('main');
      return existing ?? this.#addCommit(repositoryId, files, 'main', { message, author: author.name });
    });
  }

  remove(repositoryId: string): Promise<void> {
    return this.#run('remove', repositoryId, undefined, () => {
      this.repositories.delete(repositoryId);
    });
  }

  /** A location that is not stored yet has an id that nobody knows: a test may make the repository under its URL. */
  #idOf(location: RepositoryLocation): string {
    const isByUrl = location.kind === 'git' && this.repositories.has(location.url);
    return isByUrl ? location.url : location.repositoryId;
  }

  #addCommit(
    repositoryId: string,
    files: ReadonlyMap<string, Buffer>,
    branch: string,
    about: { message: string; author: string },
  ): string {
    if (!this.repositories.has(repositoryId)) this.empty(repositoryId);
    const repository = this.#open(repositoryId, true);
    const parent = repository.branches.get(branch) ?? '';
    this.#clock += 60_000;
    const commit = createHash('sha1')
      .update(`${parent}\0${about.message}\0${this.#clock}\0${hashFiles(files, [''])}`)
      .digest('hex');
    const at = new Date(this.#clock).toISOString();
    repository.commits.set(commit, { files, ...about, at, parent: parent === '' ? null : parent });
    repository.branches.set(branch, commit);
    return commit;
  }

  #open(repositoryId: string, mayBeEmpty = false): FakeRepository {
    const repository = this.repositories.get(repositoryId);
    if (!repository) throw sourceFailure('clone_unreachable');
    if (!mayBeEmpty && repository.commits.size === 0) throw sourceFailure('repository_empty');
    return repository;
  }

  async #run<T>(
    operation: Operation,
    repositoryId: string,
    signal: AbortSignal | undefined,
    action: () => T | Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    this.calls.push({ operation, repositoryId });
    const scripted = this.#failures.find((failure) => failure.operation === operation && failure.times > 0);
    if (scripted) {
      scripted.times -= 1;
      throw scripted.error;
    }
    return await action();
  }
}
