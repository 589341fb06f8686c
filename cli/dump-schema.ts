/** Writes `drizzle/schema.sql` from all migrations; `npm run db:generate` ends with it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { migrateDatabase } from '#server/db/migrate.ts';
import { main, step } from './bootstrap/screen.mjs';
import { root } from './bootstrap/settings.mjs';
import { startThrowawayPostgres } from './platform/throwaway-postgres.ts';
import { schemaText } from './schema-text.ts';

await main(async () => {
  const database = await startThrowawayPostgres();
  try {
    await step('schema', 'migrating an empty database', async () => {
      await migrateDatabase(database.url, path.join(root, 'drizzle'));
      writeFileSync(path.join(root, 'drizzle/schema.sql'), await schemaText(database.url));
      return 'written to drizzle/schema.sql';
    });
  } finally {
    await database.stop();
  }
});
