/** Drafts of deployments. */
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { drafts } from '#server/db/schema/projects.ts';

export async function readDraft(db: Queryable, orgId: string, deploymentId: string) {
  const [row] = await db
    .select({ revision: drafts.revision, document: drafts.document, manifests: drafts.manifests, updatedAt: drafts.updatedAt, updatedById: drafts.updatedBy, updatedByName: users.name })
    .from(drafts)
    .leftJoin(users, eq(users.id, drafts.updatedBy))
    .where(and(eq(drafts.orgId, orgId), eq(drafts.deploymentId, deploymentId)))
    .limit(1); // prettier-ignore
  return row ?? null;
}
