/** Rows of jobs that ran: a job runs once, so one that failed, or whose worker died, only takes up room. */
import { sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';

export async function removeOldJobs(db: Db): Promise<void> {
  await db.execute(sql`
    delete from graphile_worker._private_jobs
    where attempts >= max_attempts and (locked_at is null or locked_at < now() - interval '2 hours')`);
}
