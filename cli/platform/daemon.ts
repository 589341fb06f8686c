/**
 * Processes that outlive the command that starts them. A pidfile holds the process id and its start time, so that a
 * number which the system gave to somebody else is never taken for ours.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#server/errors.ts';
import { startDetached } from '#server/exec.ts';

export interface Process {
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat. */
  startedAt: string;
}
export interface DaemonSpec {
  file: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** Appended to; whoever supervises cuts it, and the process needs no reader to live. */
  logFile: string;
  pidFile: string;
  uid?: number;
  gid?: number;
}

/** The start time of a live process; null when it is gone or a zombie. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold spaces
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export const isAlive = (process: Process): boolean => startTime(process.pid) === process.startedAt;

/** True when this process lives and its program has that name. */
export function isRunning(pid: number, program: string): boolean {
  try {
    return startTime(pid) !== null && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
  } catch {
    return false; // it ended between the two looks
  }
}

export function readPidFile(pidFile: string): Process | null {
  if (!existsSync(pidFile)) return null;
  const [pid, startedAt = ''] = readFileSync(pidFile, 'utf8').trim().split(' ');
  const found = { pid: Number(pid), startedAt };
  return Number.isInteger(found.pid) && found.pid > 1 && isAlive(found) ? found : null;
}

/** Writes down a process that somebody else started; null when it is gone already. */
export function writePidFile(pidFile: string, pid: number): Process | null {
  const startedAt = startTime(pid);
  if (startedAt === null) return null;
  writeFileSync(pidFile, `${pid} ${startedAt}\n`);
  return { pid, startedAt };
}

/** Starts a process in a session of its own. @throws AppError unavailable when it cannot be started, or ends at once. */
export async function startDaemon({ file, args, pidFile, ...options }: DaemonSpec): Promise<Process> {
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const started = writePidFile(pidFile, await startDetached(file, args, options));
  if (!started) throw new AppError('unavailable', `${path.basename(file)} ended at once; see ${options.logFile}`);
  return started;
}

/** Resolves true when the process is gone, false when it still lives after `timeoutMs`. */
export async function waitForExit(process: Process, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(25)) if (!isAlive(process)) return true;
  return !isAlive(process);
}

/** Sends the signal, then SIGKILL after the grace time, and removes the pidfile. False when nothing ran. */
export async function stopDaemon(
  pidFile: string,
  options: { graceMs: number; signal?: NodeJS.Signals },
): Promise<boolean> {
  const running = readPidFile(pidFile);
  if (running) {
    signalProcess(running, options.signal ?? 'SIGTERM');
    if (!(await waitForExit(running, options.graceMs))) {
      signalProcess(running, 'SIGKILL');
      await waitForExit(running, 5000);
    }
  }
  rmSync(pidFile, { force: true });
  return running !== null;
}

function signalProcess(target: Process, signal: NodeJS.Signals): void {
  try {
    if (isAlive(target)) process.kill(target.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Polls until `probe` is true. @throws AppError unavailable with `failure` when it takes longer or the process ends. */
export async function waitUntil(
  probe: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; failure: () => string; process?: Process },
): Promise<void> {
  for (const end = Date.now() + options.timeoutMs; Date.now() < end; await sleep(50)) {
    if (await probe()) return;
    if (options.process && !isAlive(options.process)) break;
  }
  throw new AppError('unavailable', options.failure());
}
