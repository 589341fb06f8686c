/**
 * The database's time as an expression. Deadlines and leases are written and compared in it, so that workers with other
 * clocks agree and a takeover keeps the original deadline. Tests move it forward.
 */
import { type SQL, sql } from 'drizzle-orm';

export type DatabaseNow = () => SQL;
export const databaseNow: DatabaseNow = () => sql`now()`;

/** `ms` milliseconds after the database's now. */
export const after = (now: DatabaseNow, ms: number): SQL =>
  sql`(${now()} + ${String(Math.round(ms))}::bigint * interval '1 millisecond')`;
