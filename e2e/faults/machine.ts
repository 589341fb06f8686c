/**
 * Everything that the fault scenarios run on, in one folder: PostgreSQL on a volume of its own size, a Docker engine and a
 * builder of its own, real HAProxy behind the real agent, and the real worker, from one bundle. Nothing of it is shared.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bundleProcesses } from '#cli/platform/build.ts';
import { ensurePostgres, stopPostgres } from '#cli/platform/postgres.ts';
import { ensureSecret, newInstallation, prepareStateFolder, writeInstallation } from '#cli/platform/state.ts';
import { root } from '#cli/bootstrap/settings.mjs';
import { ensureBuilder, stopBuilder } from '#server/build/builder-engine.ts';
import { builderPaths } from '#server/build/builder-paths.ts';
import { importBase } from '#server/build/testing.ts';
import { type Config, loadConfig } from '#server/config.ts';
import { type DatabaseHandle, openDatabase } from '#server/db/client.ts';
import { migrateDatabase } from '#server/db/migrate.ts';
import { createHaproxyEdge } from '#server/edge/haproxy/driver.ts';
import { execOk } from '#server/exec.ts';
import { createLogger } from '#server/log.ts';
import { installHistory } from '#server/release/history-table.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { createFirewall } from '#server/runtime/firewall.ts';
import { freePort } from '#tools/free-port.ts';
import { OwnEngine } from '#e2e/faults/engine.ts';
import { claimFolder, cleanLeftovers, prefix, runFolder } from '#e2e/faults/leftovers.ts';
import { Kept, Life, type Program } from '#e2e/faults/processes.ts';

const databaseMib = 400;
/** Paused and doomed workers keep their connections beside those of the usual one. */
const tuning = { initdb: [], settings: ['max_connections=300'] };
const never = (): AbortSignal => AbortSignal.timeout(120_000);

export interface Machine {
  stateDir: string;
  installationId: string;
  config: Config;
  scale: number;
  db: DatabaseHandle['db'];
  engine: OwnEngine;
  builder: Engine;
  worker: Kept;
  agent: Kept;
  postgres: { stop(): Promise<void>; start(): Promise<void>; folder: string };
  /** Another worker of the same or another bundle; the caller ends it. */
  startWorker(env?: Record<string, string>): Life;
  /** Names a fault that did not happen yet in this state folder. */
  forgetFaults(): void;
  logFile: string;
  dispose(): Promise<void>;
}

async function startDatabase(folder: string): Promise<{ url: string; password: string }> {
  mkdirSync(folder);
  await execOk('mount', ['-t', 'tmpfs', '-o', `size=${databaseMib}m,mode=0755`, 'none', folder]);
  prepareStateFolder(folder);
  const password = ensureSecret(folder, 'postgres');
  const url = `postgres://slipway:${password}@127.0.0.1:${await freePort()}/slipway`;
  await ensurePostgres(folder, url, password, tuning);
  return { url, password };
}

/** @param scale factor on every time of the platform. */
export async function startMachine(scale: number): Promise<Machine> {
  await cleanLeftovers();
  const stateDir = mkdtempSync(prefix);
  claimFolder(stateDir);
  chmodSync(stateDir, 0o711);
  prepareStateFolder(stateDir);
  ensureSecret(stateDir, 'master');
  const installation = newInstallation();
  writeInstallation(stateDir, installation);
  const database = path.join(stateDir, 'db');
  const engine = new OwnEngine(path.join(stateDir, 'engine'), runFolder(installation.tag));
  const third = 200 + ((randomBytes(1)[0] ?? 0) % 50);
  const [{ url, password }] = await Promise.all([
    startDatabase(database),
    engine.start(),
    bundleProcesses(root, path.join(stateDir, 'dist')),
  ]);
  const [http, https, web] = [await freePort(), await freePort(), await freePort()];
  const env = {
    PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' as const, SLIPWAY_STATE: stateDir, DATABASE_URL: url, SLIPWAY_TIME_SCALE: String(scale),
    SLIPWAY_PUBLIC_URL: `http://slipway.localhost:${http}`, SLIPWAY_APPS_DOMAIN: 'apps.localhost', SLIPWAY_HTTP_PORT: String(http),
    SLIPWAY_HTTPS_PORT: String(https), SLIPWAY_WEB_PORT: String(web), SLIPWAY_DOCKER_SOCKET: engine.socket, SLIPWAY_BUILD_DISK_GIB: '2',
    SLIPWAY_BUILD_MEMORY_MIB: '1024', SLIPWAY_BUILD_SLOTS: '2', SLIPWAY_SUBNETS: `10.${third}.0.0/16`, SLIPWAY_PRIVATE_GIT_HOSTS: '127.0.0.1',
  }; // prettier-ignore
  const config = loadConfig(env);
  const prepareDatabase = async (): Promise<DatabaseHandle> => {
    await migrateDatabase(url, path.join(root, 'drizzle'));
    const handle = openDatabase(url, { name: 'faults', max: 10 });
    await installHistory(handle.db);
    return handle;
  };
  const [handle] = await Promise.all([prepareDatabase(), ensureBuilder(config, never())]);
  const builder = new Engine(builderPaths(stateDir, installation.tag).socket);
  await importBase(builder, stateDir);
  const program = (role: 'worker' | 'agent', more: Record<string, string> = {}): Program => ({
    file: path.join(stateDir, 'dist', `${role}.mjs`), env: { ...env, ...more }, logFile: path.join(stateDir, 'logs', `${role}.log`),
  }); // prettier-ignore
  const agent = new Kept(program('agent'));
  await agent.ready();
  const worker = new Kept(program('worker'));
  await worker.ready();
  const logFile = path.join(stateDir, 'logs', 'suite.log');
  return {
    stateDir, installationId: installation.id, config, scale, db: handle.db, engine, builder, worker, agent, logFile,
    postgres: {
      folder: database,
      stop: async () => void (await stopPostgres(database)),
      start: async () => void (await ensurePostgres(database, url, password, tuning)),
    },
    startWorker: (more) => new Life(program('worker', more)),
    forgetFaults() {
      for (const name of readdirSync(path.join(stateDir, 'run')))
        if (name.startsWith('fault.')) rmSync(path.join(stateDir, 'run', name));
    },
    async dispose() {
      await worker.stop('SIGKILL');
      await agent.stop();
      await builder.close();
      await createHaproxyEdge(config).stop();
      await createFirewall({ tag: installation.tag, openPorts: [], log: createLogger({}, () => undefined) }).remove(never());
      await engine.dispose();
      await stopBuilder(config);
      await handle.close();
      await stopPostgres(database);
      await execOk('umount', ['-l', database]);
      if (process.env['SLIPWAY_FAULT_KEEP'] === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
