/** Keeps one process alive: adopt or start, wait until it is ready, wait for its end, pause, start again. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { portOwner } from '#cli/bootstrap/listeners.mjs';
import { isAlive, readPidFile, startDaemon, stopDaemon, type Process } from '#cli/platform/daemon.ts';
import { statePaths } from '#cli/platform/state.ts';
import type { ProcessSpec } from './processes.ts';
import type { ProcessStatus } from './status.ts';

/** Pause before the next start after so many ends in a row: 0.25 s, doubling, up to 30 s. */
export const backOff = (ends: number): number => Math.min(250 * 2 ** Math.max(0, ends - 1), 30_000);
/** A process that worked this long was well: what ended it came from outside, and the next start need not wait. */
const healthyMs = 2000;
const stopGraceMs = 10_000;

export interface Keeping {
  stateDir: string;
  /** Take over a process of the same version that runs already. */
  adopt: boolean;
  signal: AbortSignal;
  report: (status: ProcessStatus) => void;
}

export const pidFileOf = (stateDir: string, role: string): string => path.join(statePaths(stateDir).run, `${role}.pid`);
export const logFileOf = (stateDir: string, role: string): string =>
  path.join(statePaths(stateDir).logs, `${role}.log`);

/** Runs until the signal fires; then the process gets SIGTERM, and SIGKILL after 10 s. */
export async function keepAlive(spec: ProcessSpec, { stateDir, adopt, signal, report }: Keeping): Promise<void> {
  const pidFile = pidFileOf(stateDir, spec.role);
  let adopted = adopt ? readPidFile(pidFile) : null;
  if (!adopted) await stopDaemon(pidFile, { graceMs: stopGraceMs });
  for (let ends = 0, restarts = 0; !signal.aborted;) {
    let readyAt = Infinity;
    const life = adopted ? adoptedLife(adopted) : await startLife(spec, stateDir);
    adopted = null;
    if (life) {
      report({ state: 'starting', pid: life.process.pid, restarts });
      if (await becomesReady(life, signal)) {
        readyAt = Date.now();
        report({ state: 'ready', pid: life.process.pid, restarts });
      }
      while (isAlive(life.process) && !signal.aborted) await pause(200, signal);
    }
    if (signal.aborted) break;
    restarts += 1;
    ends = Date.now() - readyAt > healthyMs ? 1 : ends + 1;
    report({ state: 'waiting', pid: null, restarts });
    await pause(backOff(ends), signal);
  }
  await stopDaemon(pidFile, { graceMs: stopGraceMs });
  report({ state: 'stopped', pid: null, restarts: 0 });
}

/** From the start of a process to its end. */
interface Life {
  process: Process;
  isReady: () => boolean;
}

/** It was ready before the supervisor that started it ended. */
const adoptedLife = (process: Process): Life => ({ process, isReady: () => true });

/** Null when it ended at once: then its log says why. */
async function startLife(spec: ProcessSpec, stateDir: string): Promise<Life | null> {
  const logFile = logFileOf(stateDir, spec.role);
  const from = sizeOf(logFile); // before the start: it may be ready sooner than we look
  const started = await startDaemon({
    file: process.execPath,
    args: spec.args,
    env: spec.env,
    cwd: spec.cwd,
    logFile,
    pidFile: pidFileOf(stateDir, spec.role),
  }).catch(() => null);
  if (!started) return null;
  const { ready } = spec;
  const isReady = ready === 'log' ? () => saysReady(logFile, from) : () => portOwner(ready)?.pid === started.pid;
  return { process: started, isReady };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** True once it works; false when it ended, or was told to stop, before. */
async function becomesReady(life: Life, signal: AbortSignal): Promise<boolean> {
  while (isAlive(life.process) && !signal.aborted) {
    if (life.isReady()) return true;
    await pause(50, signal);
  }
  return false;
}

/** True when a line after the offset has the message `ready`. */
function saysReady(log: string, from: number): boolean {
  const size = sizeOf(log);
  if (size <= from) return false;
  const text = Buffer.alloc(Math.min(size - from, 1024 * 1024));
  const file = openSync(log, 'r');
  try {
    readSync(file, text, 0, text.length, from);
  } finally {
    closeSync(file);
  }
  return text.includes('"message":"ready"');
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
