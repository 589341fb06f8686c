/** Brings a database to this version: drizzle's migrations, graphile-worker's own, then the guards of every tenant table. */
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { runMigrations } from 'graphile-worker';
import { openDatabase } from '#server/db/client.ts';

/** Safe to run again and from several processes at once (an advisory lock lets one through at a time). */
export async function migrateDatabase(url: string, migrationsFolder: string): Promise<void> {
  const handle = openDatabase(url, { name: 'migrate', max: 1 });
  try {
    await handle.db.execute(sql`select pg_advisory_lock(7301)`);
    await migrate(handle.db, { migrationsFolder });
    await runMigrations({ connectionString: url });
    await handle.db.execute(sql`select slipway_guard_tables()`);
  } finally {
    await handle.close();
  }
}
