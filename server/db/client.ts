/**
 * The database: drizzle over postgres.js. drizzle changes the parsers of the client it is given, so LISTEN has a client
 * of its own (`notify.ts`).
 */
import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from '#server/db/schema/index.ts';

export type Db = PostgresJsDatabase<typeof schema>;
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** Either: queries that are one statement take this. */
export type Queryable = Db | Tx;

export interface DatabaseHandle {
  db: Db;
  close(): Promise<void>;
}

/** @param options.name shown in `pg_stat_activity`. */
export function openDatabase(url: string, options: { name: string; max?: number }): DatabaseHandle {
  const client = postgres(url, {
    max: options.max ?? 5,
    idle_timeout: 30,
    connect_timeout: 10,
    onnotice: () => undefined,
    connection: { application_name: `slipway-${options.name}` },
  });
  return { db: drizzle(client, { schema }), close: () => client.end({ timeout: 5 }) };
}

/**
 * Runs `work` as the tenant role with row-level security limited to one organization: the second lock behind the
 * `org_id` in every statement.
 */
export const withOrg = <T>(db: Db, orgId: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('role', 'slipway_tenant', true), set_config('app.org', ${orgId}, true)`);
    return work(tx);
  });
