/**
 * Runs git, hardened (R23): no prompts, no configuration but ours, no hooks, no submodules, checked objects, one
 * allowed protocol, limits on memory and file size. Secrets travel in the environment or a 0600 file, never in argv.
 */
import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { exec, type ExecOptions, type ExecResult } from '#server/exec.ts';
import { Secret } from '#server/secret.ts';

export interface GitEnvironment {
  /** Protocols of `GIT_ALLOW_PROTOCOL`, `:`-separated; empty allows none. */
  protocols: string;
  config: readonly (readonly [key: string, value: string | Secret])[];
  /** Further variables with fixed names, like `GIT_SSH_COMMAND`. */
  variables: Readonly<Record<string, string>>;
}
export const localOnly: GitEnvironment = { protocols: '', config: [], variables: {} };

export interface GitRun extends Pick<ExecOptions, 'input' | 'onLine' | 'signal' | 'timeoutMs'> {
  /** A private folder; also git's empty home. */
  scratch: string;
  environment: GitEnvironment;
  /** Largest file that git may write. */
  maxFileBytes?: number;
}

const memoryBytes = 1536 * 1024 * 1024;
const defaultMaxFileBytes = 256 * 1024 * 1024;

const hardening: GitEnvironment['config'] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['credential.helper', ''],
  ['safe.directory', '*'],
  ['transfer.fsckObjects', 'true'],
  ['fetch.fsckObjects', 'true'],
  // Old but harmless habits of early Git clients, found in many public repositories.
  ['fetch.fsck.zeroPaddedFilemode', 'ignore'],
  ['fetch.fsck.badTimezone', 'ignore'],
  ['fetch.fsck.missingSpaceBeforeDate', 'ignore'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.unpackLimit', '1'], // one pack file, so that the file size limit is the download limit
  ['fetch.writeCommitGraph', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '20'],
  ['http.userAgent', 'slipway'],
  ['pack.threads', '1'],
  ['core.bigFileThreshold', '8m'],
  ['core.packedGitWindowSize', '16m'],
  ['core.packedGitLimit', '256m'],
  ['core.deltaBaseCacheLimit', '32m'],
];

/** Everything that git is told beside its arguments. */
export function environmentOf({
  scratch,
  environment,
}: Pick<GitRun, 'scratch' | 'environment'>): Record<string, string> {
  const pairs = [...hardening, ...environment.config];
  const config: Record<string, string> = {};
  for (const [index, [key, value]] of pairs.entries()) {
    config[`GIT_CONFIG_KEY_${index}`] = key;
    config[`GIT_CONFIG_VALUE_${index}`] = value instanceof Secret ? value.reveal() : value;
  }
  return {
    HOME: scratch,
    XDG_CONFIG_HOME: scratch,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(pairs.length),
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: environment.protocols === '' ? 'none' : environment.protocols,
    ...config,
    ...environment.variables,
  };
}

/** For `prlimit`, before the program. */
export const limitArguments = (maxFileBytes: number): string[] => [
  `--fsize=${maxFileBytes}`,
  `--as=${memoryBytes}`,
  '--core=0',
];

/** Runs git to its end; a non-zero exit is a result. @throws AppError unavailable, aborted */
export function git(args: readonly string[], run: GitRun): Promise<ExecResult> {
  const { scratch, environment: _, maxFileBytes = defaultMaxFileBytes, ...options } = run;
  return exec('prlimit', [...limitArguments(maxFileBytes), 'git', ...args], {
    ...options,
    cwd: scratch,
    env: environmentOf(run),
  });
}

const scratchRoot = (stateDir: string): string => path.join(stateDir, 'run', 'git');

/** Runs an action with a private folder that is gone afterwards, whatever happened. */
export async function withScratch<T>(stateDir: string, action: (scratch: string) => Promise<T>): Promise<T> {
  const root = scratchRoot(stateDir);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const scratch = await mkdtemp(path.join(root, `${process.pid}-`));
  try {
    return await action(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Removes what killed processes left: half-fetched packs and credential files. For the start of a process. */
export async function sweepGitScratch(stateDir: string): Promise<void> {
  const root = scratchRoot(stateDir);
  const names = await readdir(root).catch(() => []);
  const abandoned = names.filter((name) => !isAlive(Number(name.split('-')[0])));
  await Promise.all(abandoned.map((name) => rm(path.join(root, name), { recursive: true, force: true })));
}
