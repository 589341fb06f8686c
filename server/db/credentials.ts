/** Stored credentials, sealed. */
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { credentials } from '#server/db/schema/projects.ts';

export async function findSealedCredential(db: Queryable, orgId: string, id: string) {
  const [row] = await db
    .select({ id: credentials.id, kind: credentials.kind, username: credentials.username, sealed: credentials.sealed })
    .from(credentials)
    .where(and(eq(credentials.orgId, orgId), eq(credentials.id, id)))
    .limit(1);
  return row ?? null;
}
