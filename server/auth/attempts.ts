/** Limits of sign-in, setup and invitation attempts, per account and per network, counted in the database's fixed windows. */
import { isIPv6 } from 'node:net';
import { lt, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { signInAttempts } from '#server/db/schema/organizations.ts';
import { AppError } from '#server/errors.ts';

export const attemptWindowSeconds = 15 * 60;
/** Attempts per window; the next one is refused. */
export const attemptLimits = { account: 6, network: 60 } as const;

/** An IPv4 address, or the /64 of an IPv6 one: what one subscriber has. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address || 'unknown';
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const tailGroups = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Math.max(0, 8 - groups.length - tailGroups.length) : 0;
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...tailGroups];
  return `${all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`; // prettier-ignore
}

/**
 * Counts one attempt under each key, before it is judged, so that attempts at the same moment cannot pass together.
 * @throws AppError too_many with the seconds until the window ends.
 */
export async function countAttempt(db: Db, now: Date, account: string, address: string): Promise<void> {
  const windowMs = attemptWindowSeconds * 1000;
  const windowStart = new Date(Math.floor(now.getTime() / windowMs) * windowMs);
  const keys = [
    { key: `account:${account}`, limit: attemptLimits.account },
    { key: `network:${networkOf(address)}`, limit: attemptLimits.network },
  ];
  const counts = await db
    .insert(signInAttempts)
    .values(keys.map(({ key }) => ({ key, windowStart, count: 1 })))
    .onConflictDoUpdate({
      target: [signInAttempts.key, signInAttempts.windowStart],
      set: { count: sql`${signInAttempts.count} + 1` },
    })
    .returning({ key: signInAttempts.key, count: signInAttempts.count });
  // The first of a network in a window tidies up, so that nothing has to run for it.
  if (counts.some((row) => row.key.startsWith('network:') && row.count === 1)) await forgetOldAttempts(db, now);
  const isOver = keys.some(({ key, limit }) => (counts.find((row) => row.key === key)?.count ?? 0) > limit);
  if (!isOver) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((windowStart.getTime() + windowMs - now.getTime()) / 1000));
  throw new AppError('too_many', `Too many attempts. Try again in ${Math.ceil(retryAfterSeconds / 60)} min.`, {
    retryAfterSeconds,
  });
}

/** A right password clears the account's count; the network's stays. */
export async function clearAttempts(db: Db, account: string): Promise<void> {
  await db.delete(signInAttempts).where(sql`${signInAttempts.key} = ${`account:${account}`}`);
}

/** Deletes windows that no limit looks at any more. */
async function forgetOldAttempts(db: Db, now: Date): Promise<void> {
  await db
    .delete(signInAttempts)
    .where(lt(signInAttempts.windowStart, new Date(now.getTime() - 2 * attemptWindowSeconds * 1000)));
}
