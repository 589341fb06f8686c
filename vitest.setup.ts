/** Starts one PostgreSQL for the whole run and prepares the template database that each test file clones. */
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startThrowawayPostgres } from '#cli/platform/throwaway-postgres.ts';
import { migrateDatabase } from '#server/db/migrate.ts';
import { templateName } from '#server/db/testing.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    pgAdminUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startThrowawayPostgres();
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${templateName}`);
  await migrateDatabase(Object.assign(new URL(server.url), { pathname: `/${templateName}` }).href, 'drizzle');
  await admin.unsafe(`alter database ${templateName} with is_template true allow_connections false`);
  await admin.end();
  project.provide('pgAdminUrl', server.url);
  return server.stop;
}
