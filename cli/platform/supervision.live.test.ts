import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { roles, type Role } from '#cli/supervisor/processes.ts';
import { pidFileOf } from '#cli/supervisor/keep.ts';
import { freePort } from '#tools/free-port.ts';
import { banner } from './build.ts';
import { isAlive, readPidFile, type Process } from './daemon.ts';
import { prepareStateFolder, writePrivate } from './state.ts';
import { ensureSupervisor, stopSupervisor } from './supervision.ts';

let stateDir = '';
let folder = '';
let values: Record<string, string> = {};
const start = (name = 'one'): Promise<{ started: boolean }> => ensureSupervisor(stateDir, { name, folder }, values);
const pids = (): (Process | null)[] => roles.map((role) => readPidFile(pidFileOf(stateDir, role)));
const processOf = (role: Role | 'supervisor'): Process => {
  const found = readPidFile(pidFileOf(stateDir, role));
  if (!found) throw new Error(`${role} does not run`);
  return found;
};

/** A version folder with the real supervisor, and stand-ins that are ready at once. */
beforeAll(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'slipway-supervision-'));
  prepareStateFolder(stateDir);
  folder = path.join(stateDir, 'version');
  mkdirSync(path.join(folder, 'web'), { recursive: true });
  values = { SLIPWAY_WEB_PORT: String(await freePort()), SLIPWAY_PUBLIC_URL: 'http://slipway.localhost' };
  writePrivate(path.join(stateDir, 'environment'), Object.entries(values).map((pair) => pair.join('=')).join('\n')); // prettier-ignore
  const ready = `console.log(JSON.stringify({ message: 'ready' })); setInterval(() => {}, 1000);`;
  for (const role of ['worker', 'agent', 'gateway']) writeFileSync(path.join(folder, `${role}.mjs`), ready);
  writeFileSync(
    path.join(folder, 'web/server.js'),
    `require('http').createServer().listen(process.env.PORT, '127.0.0.1')`,
  );
  await build({
    entryPoints: { supervisor: 'cli/supervisor/main.ts' }, outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true,
    platform: 'node', format: 'esm', target: 'node24', banner: { js: banner }, logLevel: 'silent',
  }); // prettier-ignore
});
afterAll(async () => {
  await stopSupervisor(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
});

it('starts every process, returns when all are ready, and does nothing the next time', async () => {
  expect((await start()).started).toBe(true);
  const first = pids();
  expect(first).not.toContain(null);
  expect((await start()).started).toBe(false);
  expect(pids()).toEqual(first);
});

it('starts a killed process again and leaves the others alone', async () => {
  const [web, worker] = pids();
  const agent = processOf('agent');
  process.kill(agent.pid, 'SIGKILL');
  const another = (): boolean => {
    const found = readPidFile(pidFileOf(stateDir, 'agent'));
    return found !== null && found.pid !== agent.pid;
  };
  await expect.poll(another, { timeout: 10_000 }).toBe(true);
  expect(pids().slice(0, 2)).toEqual([web, worker]);
});

it('takes nothing with it when it is killed, and the next one adopts what runs', async () => {
  await start();
  const before = pids();
  const supervisor = processOf('supervisor');
  process.kill(supervisor.pid, 'SIGKILL');
  await expect.poll(() => isAlive(supervisor)).toBe(false);
  expect((await start()).started).toBe(true);
  expect(pids()).toEqual(before);
});

it('starts all of them anew for another version or another configuration', async () => {
  const before = pids();
  await start('two');
  expect(before.some((one) => one !== null && isAlive(one))).toBe(false);
  const second = pids();
  values = { ...values, SLIPWAY_BUILD_SLOTS: '3' };
  await start('two');
  expect(second.some((one) => one !== null && isAlive(one))).toBe(false);
});

it('says which process does not start, with its last words', async () => {
  writeFileSync(path.join(folder, 'worker.mjs'), `console.log('no database');`);
  await stopSupervisor(stateDir);
  await expect(ensureSupervisor(stateDir, { name: 'three', folder }, values, 2000)).rejects.toThrow(
    /worker: no database/,
  );
});

it('leaves no process behind when it stops', async () => {
  const before = [...pids(), processOf('supervisor')];
  expect(await stopSupervisor(stateDir)).toBe(true);
  expect(before.some((one) => one !== null && isAlive(one))).toBe(false);
  expect(existsSync(path.join(stateDir, 'run/status.json'))).toBe(true);
  expect(readFileSync(path.join(stateDir, 'logs/platform/supervisor.log'), 'utf8')).toContain('"state":"stopped"');
});
