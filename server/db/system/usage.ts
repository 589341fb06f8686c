/** Usage that nobody is shown any more. Across organizations. */
import { sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';

/** Pages go back 13 months; twice that is kept. */
const monthsKept = 26;

/** Removes up to 10,000 intervals that ended before. */
export async function removeOldUsage(db: Db, now: DatabaseNow): Promise<number> {
  const rows = await db.execute(sql`
    delete from usage_intervals where id in (
      select id from usage_intervals where ended_at < ${now()} - interval '${sql.raw(String(monthsKept))} months' limit 10000
    ) returning id`);
  return rows.length;
}
