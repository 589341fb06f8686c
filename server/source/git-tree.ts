/** A commit inside a bare repository: its facts, limits and files. Everything here works without the network. */
import { createHash } from 'node:crypto';
import { AppError } from '#server/errors.ts';
import { sourceFailure } from '#server/source/failures.ts';
import { git, localOnly, type GitRun } from '#server/source/git-command.ts';
import { gitError } from '#server/source/git-errors.ts';

export interface TreeLimits {
  files: number;
  totalBytes: number;
  depth: number;
  pathCharacters: number;
}
/** A bare repository and how to run git on it. */
export interface LocalRepository {
  gitDir: string;
  scratch: string;
  signal: AbortSignal;
  timeoutMs: number;
}

const run = (repository: LocalRepository, args: readonly string[], more: Partial<GitRun> = {}) =>
  git([`--git-dir=${repository.gitDir}`, ...args], {
    scratch: repository.scratch,
    environment: localOnly,
    signal: repository.signal,
    timeoutMs: repository.timeoutMs,
    ...more,
  });

/** Text of a stranger, for a row and a page: at most 2,000 characters, without control and bidi characters. */
const cleaned = (text: string): string =>
  text
    .slice(0, 2000)
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, '')
    .trim();

/** @throws SourceFailure ref_missing */
export async function commitFacts(
  repository: LocalRepository,
  commit: string,
): Promise<{ message: string; author: string; at: string }> {
  // Only the commit object is read: after a filtered fetch its tree is not there.
  const args = ['log', '--no-walk', '--no-show-signature', '--encoding=UTF-8', '--format=%an%x00%aI%x00%B'];
  const result = await run(repository, [...args, '--end-of-options', commit]);
  if (result.exitCode !== 0) throw sourceFailure('ref_missing');
  const [author = '', at = '', message = ''] = result.stdout.split('\0');
  return { author: cleaned(author).slice(0, 200), at, message: cleaned(message) };
}

/** First-parent history, so that a merged branch counts as what it was: one change. @throws SourceFailure ref_missing */
export async function commitHistory(repository: LocalRepository, commit: string, count: number): Promise<string[]> {
  const args = ['rev-list', '--first-parent', `--max-count=${count}`, '--end-of-options', commit];
  const result = await run(repository, args);
  if (result.exitCode !== 0) throw sourceFailure('ref_missing');
  return result.stdout.split('\n').filter((line) => line !== '');
}

/** The commit and those before it with their facts, newest first, by first parents. @throws SourceFailure ref_missing */
export async function commitLog(
  repository: LocalRepository,
  commit: string,
  count: number,
): Promise<{ commit: string; message: string; author: string; at: string }[]> {
  const args = ['log', '--first-parent', `--max-count=${count}`, '--no-show-signature', '--encoding=UTF-8'];
  const result = await run(repository, [...args, '--format=%H%x00%an%x00%aI%x00%B%x00', '--end-of-options', commit]);
  if (result.exitCode !== 0) throw sourceFailure('ref_missing');
  // Neither git's fields nor its messages can hold a NUL.
  const fields = result.stdout.split('\0');
  return Array.from({ length: Math.floor(fields.length / 4) }, (_, index) => {
    const [id = '', author = '', at = '', message = ''] = fields.slice(index * 4, index * 4 + 4);
    return { commit: id.trim(), author: cleaned(author).slice(0, 200), at, message: cleaned(message) };
  });
}

/** The type and id of what lies at a path of a commit; null when there is nothing. */
async function objectAt(
  repository: LocalRepository,
  commit: string,
  path: string,
): Promise<{ mode: string; id: string } | null> {
  if (path === '') {
    const root = await run(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`]);
    return root.exitCode === 0 ? { mode: '040000', id: root.stdout.trim() } : null;
  }
  const listed = await run(repository, ['--literal-pathspecs', 'ls-tree', '-z', '--full-tree', commit, '--', path]);
  const matched = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t/.exec(listed.stdout);
  return matched?.[1] && matched[2] ? { mode: matched[1], id: matched[2] } : null;
}

/** The text of a regular file in the root folder, cut after `maxBytes` + 1; null when there is none. @throws SourceFailure ref_missing */
export async function rootFile(
  repository: LocalRepository,
  commit: string,
  file: string,
  maxBytes: number,
): Promise<string | null> {
  const listed = await run(repository, ['--literal-pathspecs', 'ls-tree', '-z', '--full-tree', commit, '--', file]);
  if (listed.exitCode !== 0) throw sourceFailure('ref_missing');
  const [, id] = /^100\d{3} blob ([0-9a-f]{40,64})\t/.exec(listed.stdout) ?? [];
  if (id === undefined) return null;
  const result = await run(repository, ['cat-file', 'blob', id]);
  if (result.exitCode !== 0) throw gitError(result);
  return result.stdout.slice(0, maxBytes + 1);
}

/** A link at the path or above it: git itself never follows one, so the path looks missing behind it. */
async function crossesLink(repository: LocalRepository, commit: string, path: string): Promise<boolean> {
  const parts = path.split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const found = await objectAt(repository, commit, parts.slice(0, length).join('/'));
    if (found === null) return false;
    if (found.mode === '120000') return true;
  }
  return false;
}

/**
 * Hash of the root directory's tree and of the extra paths with their names; a missing extra path counts as such.
 * @throws SourceFailure ref_missing, root_missing, path_outside_repository
 */
export async function treeHash(
  repository: LocalRepository,
  commit: string,
  paths: { root: string; extra: readonly string[] },
): Promise<string> {
  const root = await objectAt(repository, commit, paths.root);
  if (root === null && paths.root === '') throw sourceFailure('ref_missing');
  if (root?.mode !== '040000') {
    if (await crossesLink(repository, commit, paths.root)) throw sourceFailure('path_outside_repository');
    throw sourceFailure('root_missing', `There is no folder “${paths.root}” at this commit.`);
  }
  const hash = createHash('sha256').update(`root\0${root.id}`);
  for (const path of [...new Set(paths.extra)].toSorted()) {
    hash.update(`\0${path}\0${(await objectAt(repository, commit, path))?.id ?? 'missing'}`);
  }
  return hash.digest('hex');
}

/** Counts before a single file is written. @throws SourceFailure clone_too_large, AppError unavailable, aborted */
export async function assertWithinLimits(
  repository: LocalRepository,
  commit: string,
  limits: TreeLimits,
): Promise<void> {
  const tooLarge = new AbortController();
  let files = 0;
  let bytes = 0;
  let excess: string | null = null;
  const onLine = (line: string): void => {
    const tab = line.indexOf('\t');
    const size = Number(line.slice(0, tab).split(/\s+/)[3]);
    const name = line.slice(tab + 1);
    files += 1;
    bytes += Number.isFinite(size) ? size : 0;
    if (files > limits.files) excess ??= `The commit has more than ${limits.files.toLocaleString('en')} files.`;
    if (bytes > limits.totalBytes)
      excess ??= `The files of the commit have more than ${Math.round(limits.totalBytes / 1024 ** 2)} MiB.`;
    if (name.split('/').length > limits.depth) excess ??= `A folder is more than ${limits.depth} levels deep.`;
    if (name.length > limits.pathCharacters) excess ??= `A path has more than ${limits.pathCharacters} characters.`;
    if (excess !== null) tooLarge.abort();
  };
  const signal = AbortSignal.any([repository.signal, tooLarge.signal]);
  try {
    const listed = await run(repository, ['ls-tree', '-r', '-l', '--full-tree', commit], { onLine, signal });
    if (excess === null && listed.exitCode !== 0) throw gitError(listed);
  } catch (error) {
    if (excess === null || repository.signal.aborted) throw error;
  }
  if (excess !== null) throw sourceFailure('clone_too_large', excess);
}

/** Writes the commit's files into an empty folder: links stay links, submodules become empty folders, no filter runs. */
export async function exportFiles(
  repository: LocalRepository,
  commit: string,
  directory: string,
  maxFileBytes: number,
): Promise<void> {
  const variables = { GIT_INDEX_FILE: `${repository.scratch}/index`, GIT_WORK_TREE: directory };
  const environment = { ...localOnly, variables };
  for (const args of [
    ['read-tree', commit],
    ['checkout-index', '--all', '--force', '--quiet'],
  ]) {
    const result = await run(repository, args, { environment, maxFileBytes });
    if (result.timedOut) throw gitError(result);
    if (result.exitCode !== 0) {
      const cause = new Error(result.stderr.trim().slice(-2000));
      throw new AppError('unavailable', 'The files of the commit could not be written.', { cause });
    }
  }
}
