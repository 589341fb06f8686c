/** The Docker engine that runs applications: the one that answers is used as it is, else Slipway starts it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { AppError } from '#server/errors.ts';
import { baseEnvironment, exec } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { locate } from '#cli/bootstrap/programs.mjs';
import { Stop } from '#cli/bootstrap/screen.mjs';
import { isRunning, readPidFile, startDaemon, stopDaemon, waitUntil } from './daemon.ts';
import { statePaths } from './state.ts';

const version = z.object({ Version: z.string() });
/** The one that dockerd writes. */
const ownPidFile = (stateDir: string): string => path.join(statePaths(stateDir).run, 'dockerd.own.pid');
const pidFile = (stateDir: string): string => path.join(statePaths(stateDir).run, 'dockerd.pid');

/** The version of the engine that answers on the socket; null when none does. */
export async function engineVersion(socket: string): Promise<string | null> {
  if (!existsSync(socket)) return null;
  const engine = new Engine(socket);
  try {
    const answer = await engine.json(version, { method: 'GET', path: '/version', signal: AbortSignal.timeout(5000) });
    return answer?.Version ?? null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  } finally {
    await engine.close();
  }
}

/** Adopts the engine on the socket or starts one. @throws Stop when it does not come up. */
export async function ensureEngine(stateDir: string, socket: string): Promise<string> {
  const running = await engineVersion(socket);
  if (running) return `Docker ${running} runs`;
  if (existsSync('/run/systemd/system')) await exec('systemctl', ['start', 'docker'], { timeoutMs: 60_000 });
  const bySystem = await engineVersion(socket);
  if (bySystem) return `Docker ${bySystem} started by systemd`;
  await startEngine(stateDir, socket);
  return `Docker ${(await engineVersion(socket)) ?? ''} started`;
}

interface EngineConfig {
  file: string;
  /** Where the engine keeps what lives until the next boot. */
  execRoot: string;
}

/** With live-restore, applications run on while the engine is away. What the machine's own daemon.json says goes first. */
function writeEngineConfig(stateDir: string, socket: string): EngineConfig {
  const theirs = '/etc/docker/daemon.json';
  const text = existsSync(theirs) ? readFileSync(theirs, 'utf8') : '{}';
  const given = z.looseObject({ 'exec-root': z.string().default('/var/run/docker') }).parse(JSON.parse(text));
  const config = {
    'live-restore': true,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '20m', 'max-file': '3' },
    hosts: [`unix://${socket}`],
    ...given,
    pidfile: ownPidFile(stateDir),
  };
  const file = path.join(stateDir, 'dockerd.json');
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  return { file, execRoot: given['exec-root'] };
}

/**
 * After a crash the number in dockerd's or containerd's pidfile may belong to somebody else, or to a zombie that nobody
 * collects. dockerd would refuse to start, or wait for a containerd that does not come.
 */
function removeStalePidFiles(stateDir: string, execRoot: string): void {
  rmSync(ownPidFile(stateDir), { force: true });
  const containerd = path.join(execRoot, 'containerd/containerd.pid');
  if (existsSync(containerd) && !isRunning(Number(readFileSync(containerd, 'utf8')), 'containerd')) rmSync(containerd);
}

async function startEngine(stateDir: string, socket: string): Promise<void> {
  const dockerd = locate('dockerd');
  if (!dockerd) throw new Stop('dockerd is missing. Install it: apt-get install --no-install-recommends docker.io');
  const logFile = path.join(statePaths(stateDir).logs, 'dockerd.log');
  const config = writeEngineConfig(stateDir, socket);
  removeStalePidFiles(stateDir, config.execRoot);
  const started = await startDaemon({
    file: dockerd,
    args: ['--config-file', config.file],
    env: baseEnvironment(),
    cwd: '/',
    logFile,
    pidFile: pidFile(stateDir),
  });
  const failure = (): string => `The Docker engine did not start; see ${logFile}`;
  await waitUntil(async () => (await engineVersion(socket)) !== null, { timeoutMs: 60_000, process: started, failure });
}

/** True while the engine that Slipway started lives. */
export const isEngineAlive = (stateDir: string): boolean => readPidFile(pidFile(stateDir)) !== null;

/** Stops the engine when it is a process that Slipway started; false when it is not. */
export const stopEngine = (stateDir: string): Promise<boolean> => stopDaemon(pidFile(stateDir), { graceMs: 30_000 });
