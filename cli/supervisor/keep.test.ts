import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, isRunning, readPidFile, startDaemon } from '#cli/platform/daemon.ts';
import { backOff, keepAlive, logFileOf, pidFileOf } from './keep.ts';
import { boundLogs } from './logs.ts';
import type { ProcessSpec } from './processes.ts';
import type { ProcessStatus } from './status.ts';

let stateDir = '';
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'slipway-keep-'));
  mkdirSync(path.join(stateDir, 'run'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const ready = `console.log('{"message":"ready"}');`;
const spec = (script: string): ProcessSpec => ({
  role: 'worker', args: ['-e', script], env: {}, cwd: stateDir, ready: 'log',
}); // prettier-ignore

/** Keeps the process until `done` says so about the reports, then stops; answers the reports. */
async function keep(
  script: string,
  done: (reports: ProcessStatus[]) => boolean,
  adopt = false,
): Promise<ProcessStatus[]> {
  const stop = new AbortController();
  const reports: ProcessStatus[] = [];
  const report = (status: ProcessStatus): void => {
    reports.push(status);
    if (done(reports)) stop.abort();
  };
  await keepAlive(spec(script), { stateDir, adopt, signal: stop.signal, report });
  return reports;
}

describe('keeping a process alive', () => {
  it('is ready when the process says so, and leaves nothing behind when told to stop', async () => {
    const reports = await keep(`${ready} setInterval(() => {}, 1000)`, (all) => all.at(-1)?.state === 'ready');
    expect(reports.map(({ state }) => state)).toEqual(['starting', 'ready', 'stopped']);
    const pid = reports[0]?.pid ?? 0;
    // Its number may stay for a moment, until the parent has read how it ended: what must be gone is the program.
    expect(isRunning(pid, 'node')).toBe(false);
    expect(readPidFile(pidFileOf(stateDir, 'worker'))).toBeNull();
  });

  it('starts it again when it ends', async () => {
    const reports = await keep(ready, (all) => all.filter(({ state }) => state === 'starting').length === 2);
    expect(reports.find(({ state }) => state === 'waiting')).toMatchObject({ pid: null, restarts: 1 });
    expect(new Set(reports.flatMap(({ pid, state }) => (state === 'starting' ? [pid] : []))).size).toBe(2);
  });

  it('goes on when the process cannot be started at all', async () => {
    const nowhere: ProcessSpec = { ...spec(ready), cwd: path.join(stateDir, 'gone') };
    const stop = new AbortController();
    let waits = 0;
    const report = ({ state }: ProcessStatus): void => {
      if (state === 'waiting' && (waits += 1) === 2) stop.abort();
    };
    await keepAlive(nowhere, { stateDir, adopt: false, signal: stop.signal, report });
    expect(waits).toBe(2);
  });

  it('adopts the process that an earlier supervisor left', async () => {
    const left = await startDaemon({
      file: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], env: {}, cwd: stateDir,
      logFile: logFileOf(stateDir, 'worker'), pidFile: pidFileOf(stateDir, 'worker'),
    }); // prettier-ignore
    const reports = await keep('', (all) => all.at(-1)?.state === 'ready', true);
    expect(reports[0]?.pid).toBe(left.pid);
    expect(isAlive(left)).toBe(false);
  });

  it('waits longer each time, up to half a minute', () => {
    expect([1, 2, 3, 20].map(backOff)).toEqual([250, 500, 1000, 30_000]);
  });
});

describe('the logs of the processes', () => {
  it('are cut at the limit, and the part before is kept once', () => {
    const log = path.join(stateDir, 'web.log');
    writeFileSync(log, 'x'.repeat(20));
    boundLogs(stateDir, 100);
    expect(readFileSync(log, 'utf8')).toHaveLength(20);
    boundLogs(stateDir, 10);
    expect(readFileSync(log, 'utf8')).toBe('');
    expect(readFileSync(`${log}.1`, 'utf8')).toHaveLength(20);
  });
});
