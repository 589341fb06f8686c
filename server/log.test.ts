import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { createTestDatabase } from '#server/db/testing.ts';
import { AppError } from '#server/errors.ts';
import { createLogger } from '#server/log.ts';
import { Secret } from '#server/secret.ts';

test('a failed statement is logged without its values, also as a cause', async () => {
  const database = await createTestDatabase(inject('pgAdminUrl'));
  const lines: string[] = [];
  try {
    await database.db.execute(sql`select 1 from nowhere where hash = ${'argon2-of-anna'}`);
  } catch (error) {
    const log = createLogger({}, (line) => lines.push(line));
    log.error('direct', { error });
    log.error('wrapped', { error: new AppError('internal', 'It failed.', { cause: error }) });
  } finally {
    await database.close();
  }
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).toContain('select 1 from nowhere where hash = $1');
    expect(line).toContain('log.test.ts');
    expect(line).not.toContain('argon2-of-anna');
  }
});

test('a secret is logged as its type', () => {
  const lines: string[] = [];
  createLogger({}, (line) => lines.push(line)).info('sign-in', {
    token: new Secret('hunter2'),
    all: [new Secret('x')],
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ token: '[secret]', all: ['[secret]'] });
});
