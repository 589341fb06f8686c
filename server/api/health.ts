/** Whether this process can work: it answers, and so does its database. Says nothing else. */
import { sql } from 'drizzle-orm';
import { webProcess } from '#server/api/services.ts';

export async function readHealth(): Promise<{ ok: boolean }> {
  try {
    const { services } = await webProcess();
    await services.db.execute(sql`select 1`);
    return { ok: true };
  } catch {
    return { ok: false };
  }
}
