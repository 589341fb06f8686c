/** Numbers of releases: one counter per deployment, without gaps where a request is refused. */
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { notFound } from '#server/errors.ts';

/** @throws AppError not_found */
export async function nextNumber(tx: Tx, orgId: string, deploymentId: string): Promise<number> {
  const [row] = await tx
    .update(deployments)
    .set({ releaseCounter: sql`${deployments.releaseCounter} + 1` })
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)))
    .returning({ number: deployments.releaseCounter });
  if (!row) throw notFound();
  return row.number;
}
