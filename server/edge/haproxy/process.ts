/**
 * The HAProxy process: a daemon of its own (master and worker) that outlives the agent. Whoever comes next finds it by
 * its sockets. Only the master is root, where we are; workers serve as another user in an empty root directory.
 */
import { existsSync } from 'node:fs';
import { readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '#server/clock.ts';
import { AppError, isRetryable } from '#server/errors.ts';
import { execOk } from '#server/exec.ts';
import { ask } from '#server/edge/haproxy/cli.ts';
import { files } from '#server/edge/haproxy/config.ts';
import { parseProcesses, type Processes, type Runtime, type WorkerInfo } from '#server/edge/haproxy/runtime.ts';

const startDeadlineMs = 15_000;
const pollMs = 25;
const system = '/usr/sbin/haproxy'; // not in the PATH of other users than root
const program = existsSync(system) ? system : 'haproxy';

export interface EdgeProcess {
  /**
   * The master's workers. It does not answer for a moment during a reload; that is waited for.
   * @throws AppError unavailable when it stays away.
   */
  processes(signal: AbortSignal): Promise<Processes>;
  /** What a living HAProxy in our folder says, however long it takes within 15 s; null when there is none. */
  answering(signal: AbortSignal): Promise<WorkerInfo | null>;
  /**
   * What `work` with one worker of before a reload comes to; null when that worker ended, which it may do at any moment.
   * @throws AppError unavailable when neither happens within 15 s.
   */
  untilGone<T>(pid: number, signal: AbortSignal, work: () => Promise<T>): Promise<T | null>;
  /** A command for one worker, by process id. */
  askWorker(pid: number, command: string, signal: AbortSignal): Promise<string>;
  /** Starts HAProxy from the files and waits until it serves. What is left of an earlier one is ended first. @throws unavailable */
  start(signal: AbortSignal): Promise<WorkerInfo>;
  /** Replaces the worker by one with the files' content; no connection is lost. @throws unavailable when HAProxy refuses the files. */
  reload(digest: string, signal: AbortSignal): Promise<WorkerInfo>;
  /** Ends HAProxy and everything it serves. Fine when it does not run. */
  stop(signal: AbortSignal): Promise<void>;
}

/** Most connections that the process's descriptors allow: two each, and some for servers and checks. */
export async function connectionLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? 16_384);
  return Math.max(200, Math.min(20_000, Math.floor((hard - 1000) / 2.1)));
}

/** The user for the workers, where this process is root. @throws AppError unavailable when there is none. */
export async function workerUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const users = await readFile('/etc/passwd', 'utf8');
  const found = /^haproxy:[^:]*:(\d+):(\d+):/m.exec(users) ?? /^nobody:[^:]*:(\d+):(\d+):/m.exec(users);
  if (!found)
    throw new AppError('unavailable', 'There is no user `haproxy` for the edge. Install the package `haproxy`.');
  return { uid: Number(found[1]), gid: Number(found[2]) };
}

const unavailable = (message: string, cause?: unknown): AppError => new AppError('unavailable', message, { cause });

export function createEdgeProcess(folder: string, runtime: Runtime, clock: Clock): EdgeProcess {
  const masterSocket = path.join(folder, files.master);
  const pidFile = path.join(folder, files.pid);

  /** The answer of `probe` once it is not null. */
  const until = async <T>(what: string, signal: AbortSignal, probe: () => Promise<T | null>): Promise<T> => {
    const deadline = clock.now().getTime() + startDeadlineMs;
    for (;;) {
      const found = await probe();
      if (found !== null) return found;
      if (clock.now().getTime() > deadline) throw unavailable(what);
      await clock.sleep(pollMs, signal);
    }
  };
  const quietly = async <T>(question: Promise<T>): Promise<T | null> => {
    try {
      return await question;
    } catch (error) {
      if (isRetryable(error)) return null;
      throw error;
    }
  };
  /** The master's process id, when the file names a HAProxy that runs in our folder. */
  const livingMaster = async (): Promise<number | null> => {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    if (!Number.isInteger(pid) || pid < 2) return null;
    const [name, cwd] = await Promise.all([
      readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ]);
    return name.trim() === 'haproxy' && cwd === folder ? pid : null;
  };
  const endMaster = async (name: NodeJS.Signals, signal: AbortSignal): Promise<void> => {
    const pid = await livingMaster();
    if (pid === null) return;
    try {
      process.kill(pid, name);
    } catch (cause) {
      if ((await livingMaster()) !== null) throw unavailable('The edge cannot be ended.', cause);
    }
    await until('The edge does not end.', signal, async () => ((await livingMaster()) === null ? true : null));
  };
  const processesOrNull = async (signal: AbortSignal): Promise<Processes | null> =>
    parseProcesses((await quietly(ask(masterSocket, 'show proc', signal))) ?? '');
  const processes = (signal: AbortSignal): Promise<Processes> =>
    until('The edge does not answer.', signal, () => processesOrNull(signal));

  return {
    processes,
    async answering(signal) {
      const deadline = clock.now().getTime() + startDeadlineMs;
      while ((await livingMaster()) !== null && clock.now().getTime() < deadline) {
        const info = await quietly(runtime.info(signal));
        if (info) return info;
        await clock.sleep(pollMs, signal);
      }
      return null;
    },
    async untilGone(pid, signal, work) {
      const result = await until('The edge does not answer.', signal, async () => {
        const value = await quietly(work().then((done) => ({ done })));
        if (value) return value;
        return (await processes(signal)).old.includes(pid) ? null : { done: null };
      });
      return result.done;
    },
    askWorker: (pid, command, signal) => ask(masterSocket, `@!${pid} ${command}`, signal),
    async start(signal) {
      await endMaster('SIGKILL', signal); // its listeners would share the ports with ours
      await Promise.all([files.master, files.socket].map((name) => rm(path.join(folder, name), { force: true })));
      const args = ['-W', '-D', '-C', folder, '-S', `unix@${files.master},mode,600,level,admin`, '-p', files.pid];
      await execOk(program, [...args, '-f', files.base, '-f', files.slots], { timeoutMs: startDeadlineMs, signal });
      return until('The edge does not answer.', signal, () => quietly(runtime.info(signal)));
    },
    async reload(digest, signal) {
      const before = await runtime.info(signal);
      const failed = (await processes(signal)).failedReloads;
      await quietly(ask(masterSocket, 'reload', signal)); // the master may close before it answers
      return until('The edge does not take its new configuration.', signal, async () => {
        const now = await quietly(runtime.info(signal));
        if (now && now.identity !== before.identity && now.digest === digest && (await processesOrNull(signal)))
          return now;
        const failures = (await processesOrNull(signal))?.failedReloads ?? failed;
        if (failures > failed) throw unavailable('The edge refuses its new configuration and keeps the one it has.');
        return null;
      });
    },
    stop: (signal) => endMaster('SIGTERM', signal),
  };
}
