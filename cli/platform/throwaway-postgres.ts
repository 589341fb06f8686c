/** A PostgreSQL in memory for tests and tools: nothing is synced to disk, and all of it is gone when it stops. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '#tools/free-port.ts';
import { ensurePostgres, removePostgres, stopPostgres, type Tuning } from './postgres.ts';
import { ensureSecret, prepareStateFolder } from './state.ts';

const fast: Tuning = {
  initdb: ['--no-sync'],
  settings: [
    'fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0',
    'autovacuum=off', 'max_connections=200',
  ], // prettier-ignore
};

/** An empty database of a server of its own. Its user may do everything; `stop` removes server and data. */
export async function startThrowawayPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const parent = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'slipway-postgres-'));
  chmodSync(parent, 0o755);
  const stateDir = path.join(parent, 'state');
  prepareStateFolder(stateDir);
  const password = ensureSecret(stateDir, 'postgres');
  const url = `postgres://slipway:${password}@127.0.0.1:${await freePort()}/slipway`;
  await ensurePostgres(stateDir, url, password, fast);
  return {
    url,
    stop: async () => {
      await stopPostgres(stateDir);
      removePostgres(stateDir);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
