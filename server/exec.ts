/**
 * The only place that starts processes: a file and an argument array, never a shell. Output is bounded. Children get
 * only the environment that the caller names, so that no platform secret reaches git, nft or anything else.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '#server/errors.ts';

export interface ExecOptions {
  cwd?: string;
  /** Added to `PATH`, `LANG=C.UTF-8` and the machine's CA settings. */
  env?: Record<string, string>;
  input?: string | Uint8Array;
  timeoutMs?: number;
  signal?: AbortSignal;
  uid?: number;
  gid?: number;
  /** Called for each line of stdout and stderr as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}
export interface ExecResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

const outputLimitBytes = 4 * 1024 * 1024;
const passedOn = ['PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'CURL_CA_BUNDLE'];

export const baseEnvironment = (): Record<string, string> => {
  const env: Record<string, string> = { LANG: 'C.UTF-8' };
  for (const name of passedOn) {
    const value = process.env[name];
    if (value) env[name] = value;
  }
  return env;
};

/** The cast: Next declares NODE_ENV as always present, and a child has no need of it. */
const childEnvironment = (added: Record<string, string> | undefined): NodeJS.ProcessEnv =>
  ({ ...baseEnvironment(), ...added }) as NodeJS.ProcessEnv;

/**
 * Runs a program to its end. A non-zero exit is a result, not an exception.
 * @throws AppError unavailable when the program cannot be started, aborted when the signal fired.
 */
export function exec(file: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) throw new AppError('aborted', 'Cancelled.', { cause: options.signal.reason });
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true, // its own process group, so that a kill reaches its children too
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const collected = { stdout: '', stderr: '' };
    let timedOut = false;
    const killGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL'); // the group is gone already
      }
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            killGroup();
          }, options.timeoutMs);
    options.signal?.addEventListener('abort', killGroup, { once: true });
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = child[name];
      if (!stream) continue;
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        if (collected[name].length < outputLimitBytes) collected[name] += text;
      });
      const onLine = options.onLine;
      if (onLine) createInterface({ input: stream }).on('line', (line) => onLine(line, name));
    }
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new AppError('unavailable', `The program ${file} cannot be started.`, { cause }));
    });
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killGroup);
      if (options.signal?.aborted) reject(new AppError('aborted', 'Cancelled.', { cause: options.signal.reason }));
      else resolve({ exitCode, signal, ...collected, timedOut });
    });
    if (options.input !== undefined) child.stdin?.on('error', () => undefined).end(options.input);
  });
}

export interface RunningProgram {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Ends the program and its children. */
  kill(): void;
  ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts a program whose streams belong to the caller, who must read both outputs. Killed at the time limit.
 * @throws AppError unavailable, by `ended`, when it cannot be started.
 */
export function execStream(
  file: string,
  args: readonly string[],
  options: Pick<ExecOptions, 'cwd' | 'env' | 'timeoutMs'> = {},
): RunningProgram {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL'); // the group is gone already
    }
  };
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(kill, options.timeoutMs);
  child.stdin.on('error', () => undefined); // it ended before it read everything
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new AppError('unavailable', `The program ${file} cannot be started.`, { cause }));
    });
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal });
    });
  });
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, kill, ended };
}

/** Like `exec`, but a non-zero exit throws `unavailable` with the last line of stderr as its cause. */
export async function execOk(file: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const result = await exec(file, args, options);
  if (result.exitCode === 0) return result;
  throw new AppError('unavailable', `${file} failed.`, { cause: new Error(result.stderr.trim().slice(-2000)) });
}

/**
 * Starts a program that outlives this process, in a session of its own, with stdout and stderr appended to a file.
 * Returns its pid. @throws AppError unavailable when it cannot be started.
 */
export function startDetached(
  file: string,
  args: readonly string[],
  options: { logFile: string } & Pick<ExecOptions, 'env' | 'cwd' | 'uid' | 'gid'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const log = openSync(options.logFile, 'a', 0o600);
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: ['ignore', log, log],
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    closeSync(log);
    child.once('error', (cause) =>
      reject(new AppError('unavailable', `The program ${file} cannot be started.`, { cause })),
    );
    child.once('spawn', () => {
      child.unref();
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}
