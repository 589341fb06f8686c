import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isAlive, readPidFile, startDaemon, stopDaemon, type Process } from './daemon.ts';

let folder = '';
let pidFile = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-daemon-'));
  pidFile = path.join(folder, 'x.pid');
});
afterEach(async () => {
  await stopDaemon(pidFile, { graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

const start = (script: string): Promise<Process> =>
  startDaemon({
    file: process.execPath, args: ['-e', script], env: { MARK: 'here' }, cwd: folder, logFile: path.join(folder, 'x.log'), pidFile,
  }); // prettier-ignore

it('starts a process that is found again by its pidfile, and logs to its file', async () => {
  const started = await start('console.log(process.env.MARK); setInterval(() => {}, 1000)');
  expect(readPidFile(pidFile)).toEqual(started);
  await expect.poll(() => readFileSync(path.join(folder, 'x.log'), 'utf8')).toBe('here\n');
});

it('does not take another process with the same number for ours', () => {
  writeFileSync(pidFile, `${process.pid} 1\n`);
  expect(readPidFile(pidFile)).toBeNull();
});

it('stops with SIGTERM, and kills what ignores it once the grace time is over', async () => {
  const polite = await start('setInterval(() => {}, 1000)');
  expect(await stopDaemon(pidFile, { graceMs: 5000 })).toBe(true);
  expect(isAlive(polite)).toBe(false);

  const stubborn = await start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')");
  await expect.poll(() => readFileSync(path.join(folder, 'x.log'), 'utf8')).toContain('deaf');
  expect(await stopDaemon(pidFile, { graceMs: 50 })).toBe(true);
  expect(isAlive(stubborn)).toBe(false);
  expect(await stopDaemon(pidFile, { graceMs: 50 })).toBe(false);
});
