/**
 * The serving half of git for the platform's own repositories: one program per connection, hardened like every other.
 * A push is checked object by object in git's quarantine, may change branches only, and ends at its size.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execStream, type RunningProgram } from '#server/exec.ts';
import { environmentOf, git, limitArguments, localOnly, type GitEnvironment } from '#server/source/git-command.ts';
import { repositoryFolder } from '#server/source/repository-host.ts';

export interface ServeOptions {
  stateDir: string;
  repositoryId: string;
  service: 'git-upload-pack' | 'git-receive-pack';
  /** Of the wire format. */
  version: 1 | 2 | null;
  /** git's working and home folder. */
  scratch: string;
}
const limitMs = 15 * 60_000;
/** Of one push; the pack file's limit is the same. */
export const mostPushBytes = 256 * 1024 * 1024;

const serving: GitEnvironment['config'] = [
  ['receive.fsckObjects', 'true'],
  ['receive.maxInputSize', String(mostPushBytes)],
  ['receive.unpackLimit', '1'], // one pack, so that the limit of a file is the limit of the push
  ['receive.autogc', 'false'],
  ['receive.advertisePushOptions', 'false'],
  ['receive.denyDeleteCurrent', 'refuse'],
  ['receive.denyCurrentBranch', 'ignore'],
  ['receive.hideRefs', 'refs'],
  ['receive.hideRefs', '!refs/heads'],
  ['uploadpack.allowFilter', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'false'],
];

/** Starts git. Its streams are the connection's. */
export async function serveGit(options: ServeOptions): Promise<RunningProgram> {
  const folder = repositoryFolder(options.stateDir, options.repositoryId);
  await mkdir(options.scratch, { recursive: true, mode: 0o700 });
  const environment: GitEnvironment = {
    protocols: '',
    config: serving,
    variables: options.version === null ? {} : { GIT_PROTOCOL: `version=${options.version}` },
  };
  const verb = options.service.slice('git-'.length);
  const strict = verb === 'upload-pack' ? ['--strict', '--timeout=120'] : [];
  return execStream('prlimit', [...limitArguments(mostPushBytes), 'git', verb, ...strict, folder], {
    cwd: options.scratch,
    env: environmentOf({ scratch: options.scratch, environment }),
    timeoutMs: limitMs,
  });
}

/** Branch → commit. */
export async function branchesOf(
  stateDir: string,
  repositoryId: string,
  scratch: string,
): Promise<Map<string, string>> {
  const folder = repositoryFolder(stateDir, repositoryId);
  const args = [`--git-dir=${folder}`, 'for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads'];
  const { stdout } = await git(args, { scratch, environment: localOnly, timeoutMs: 30_000 });
  return new Map(stdout.split('\n').flatMap((line): [string, string][] => {
    const [commit = '', name = ''] = line.split(' ');
    return name === '' ? [] : [[name, commit]];
  })); // prettier-ignore
}

/** Where a push works while it lasts. */
export const pushScratch = (stateDir: string, connectionId: string): string =>
  path.join(stateDir, 'run', 'git', `${process.pid}-${connectionId}`);
