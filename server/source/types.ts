/** Port: SourceProvider. Resolves refs and fetches commits. Bad input by the user is a SourceFailure, a broken network `unavailable`. */
import { brandOf, isBranded } from '#server/brand.ts';
import type { Secret } from '#server/secret.ts';
import type { FailureCode } from '#server/domain/release.ts';
import type { GitRef } from '#server/domain/settings.ts';

export type RepositoryLocation =
  /** The platform's own bare repository `<state>/repositories/<id>.git`. */
  | { kind: 'platform'; repositoryId: string }
  | { kind: 'git'; repositoryId: string; url: string; credential: RepositoryCredential | null; hostKey: string | null };
export type RepositoryCredential =
  { kind: 'token'; username: string; token: Secret } | { kind: 'deploy-key'; privateKey: Secret };

export interface ResolvedCommit {
  commit: string;
  message: string;
  author: string;
  /** ISO time of the commit; null when the host does not say without a fetch. */
  at: string | null;
}
export interface FetchedTree {
  /** Git tree hash of the root directory and declared extra paths: half of the build key. */
  treeHash: string;
  message: string;
  author: string;
}
/** Something the user can mend. Thrown by providers, turned into a Failure by the step. */
const brand = brandOf('SourceFailure');
export class SourceFailure extends Error {
  readonly [brand] = true;
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass asks for itself, not for every failure.
    return this === SourceFailure ? isBranded(value, brand) : super[Symbol.hasInstance](value);
  }
  readonly code: FailureCode;
  readonly advice: string;
  /** What to show besides, one finding each: the problems of a file. */
  readonly lines: readonly string[];
  constructor(code: FailureCode, message: string, advice: string, lines: readonly string[] = []) {
    super(message);
    this.name = 'SourceFailure';
    this.code = code;
    this.advice = advice;
    this.lines = lines;
  }
}

export interface SourceProvider {
  /** The commit of a ref now. @throws SourceFailure (ref_missing, clone_*, repository_empty), AppError unavailable */
  resolve(location: RepositoryLocation, ref: GitRef, signal: AbortSignal): Promise<ResolvedCommit>;
  /** Ids of the commit and those before it, newest first, at most `count`; shorter when the history is. */
  history(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<string[]>;
  /** The commit and those before it with their texts, newest first by first parents, at most `count`. @throws as `resolve` */
  log(location: RepositoryLocation, commit: string, count: number, signal: AbortSignal): Promise<ResolvedCommit[]>;
  /** Branch and tag names, at most 500 each. */
  listRefs(
    location: RepositoryLocation,
    signal: AbortSignal,
  ): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }>;
  /**
   * The `known_hosts` line (`host type key`) of an ssh URL's host now, to pin at first contact; null for other URLs.
   * @throws SourceFailure clone_refused, clone_unreachable
   */
  hostKey(url: string, signal: AbortSignal): Promise<string | null>;
  /**
   * The text of one file in the root folder at a commit; null when there is none, or a link or folder instead. One larger
   * than `maxBytes` is cut after one byte more, so that the caller sees that it is. Commits never change: answers are remembered.
   */
  read(
    location: RepositoryLocation,
    commit: string,
    file: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Exactly this commit's files, without `.git`, in an empty folder; size, count and time limited. Credential files are gone afterwards. */
  fetch(
    location: RepositoryLocation,
    commit: string,
    directory: string,
    paths: { root: string; extra: readonly string[] },
    signal: AbortSignal,
  ): Promise<FetchedTree>;
}
/** The platform's own repositories. */
export interface RepositoryHost {
  /** A bare repository whose first commit on `main` holds the files; the commit's id. Safe to repeat: an existing one is kept. */
  create(
    repositoryId: string,
    files: ReadonlyMap<string, Buffer>,
    message: string,
    author: { name: string; email: string },
  ): Promise<string>;
  remove(repositoryId: string): Promise<void>;
}
