/** Writes `drizzle/schema.sql` from all migrations; `npm run db:generate` ends with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrateDatabase } from '#server/db/migrate.ts';
import { freePort } from '#tools/free-port.ts';
import { main, step } from './bootstrap/screen.mjs';
import { root } from './bootstrap/settings.mjs';
import { ensurePostgres, removePostgres, stopPostgres } from './platform/postgres.ts';
import { ensureSecret, prepareStateFolder } from './platform/state.ts';
import { schemaText } from './schema-text.ts';

await main(async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'slipway-schema-'));
  const stateDir = path.join(parent, 'state');
  prepareStateFolder(stateDir);
  const password = ensureSecret(stateDir, 'postgres');
  const url = `postgres://slipway:${password}@127.0.0.1:${await freePort()}/slipway`;
  try {
    await step('schema', 'migrating an empty database', async () => {
      await ensurePostgres(stateDir, url, password);
      await migrateDatabase(url, path.join(root, 'drizzle'));
      writeFileSync(path.join(root, 'drizzle/schema.sql'), await schemaText(url));
      return 'written to drizzle/schema.sql';
    });
  } finally {
    await stopPostgres(stateDir);
    removePostgres(stateDir);
    rmSync(parent, { recursive: true, force: true });
  }
});
