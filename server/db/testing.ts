/**
 * A real PostgreSQL for tests: one server per run in memory (/dev/shm), a migrated template, and a clone of it per test
 * file. Vitest's global set-up starts it (`vitest.setup.ts`).
 */
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { openDatabase, type DatabaseHandle } from '#server/db/client.ts';

export interface TestDatabase extends DatabaseHandle {
  url: string;
}
export const templateName = 'slipway_template';

/** A database of its own, with the current schema. Close drops it. */
export async function createTestDatabase(adminUrl: string): Promise<TestDatabase> {
  const name = `t_${randomBytes(8).toString('hex')}`;
  const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name} template ${templateName} strategy file_copy`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const handle = openDatabase(url.href, { name: 'test', max: 8 });
  return {
    ...handle,
    url: url.href,
    close: async () => {
      await handle.close();
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      await admin.end();
    },
  };
}
