import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { createTestDatabase } from '#server/db/testing.ts';
import { schemaText } from './schema-text.ts';

it('is committed as drizzle/schema.sql; `npm run db:generate` writes it', async () => {
  const database = await createTestDatabase(inject('pgAdminUrl'));
  try {
    expect(await schemaText(database.url)).toBe(readFileSync('drizzle/schema.sql', 'utf8'));
  } finally {
    await database.close();
  }
});
