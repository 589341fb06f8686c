import { sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { AppError } from '#server/errors.ts';

/**
 * Holds a lock on `scope` until the transaction ends and counts under it.
 * @throws AppError too_many when `adding` more would pass the limit.
 */
export async function assertQuota(
  tx: Tx,
  quota: { scope: string; what: string; limit: number; adding?: number },
  count: () => Promise<number>,
): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${quota.scope}, 80))`);
  if ((await count()) + (quota.adding ?? 1) > quota.limit)
    throw new AppError('too_many', `The limit is ${quota.limit} ${quota.what}.`);
}
