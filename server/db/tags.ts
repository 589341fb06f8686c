/** Tags of projects, and the releases that ship them. Org id in every statement. */
import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { artifacts, releaseComponents, releases } from '#server/db/schema/releases.ts';
import { tags } from '#server/db/schema/tags.ts';

const columns = {
  id: tags.id,
  projectId: tags.projectId,
  name: tags.name,
  notes: tags.notes,
  components: tags.components,
  createdAt: tags.createdAt,
  createdById: tags.createdBy,
  createdByName: users.name,
};
/** Newest first; at most 500. */
export const listTagRows = (db: Queryable, orgId: string, projectId: string) =>
  db
    .select(columns)
    .from(tags)
    .leftJoin(users, eq(users.id, tags.createdBy))
    .where(and(eq(tags.orgId, orgId), eq(tags.projectId, projectId)))
    .orderBy(desc(tags.createdAt), desc(tags.id))
    .limit(500);
export type TagRow = Awaited<ReturnType<typeof listTagRows>>[number];

export async function findTag(db: Queryable, orgId: string, id: string): Promise<TagRow | null> {
  const [row] = await db
    .select(columns)
    .from(tags)
    .leftJoin(users, eq(users.id, tags.createdBy))
    .where(and(eq(tags.orgId, orgId), eq(tags.id, id)));
  return row ?? null;
}

/** The releases of these tags, newest first; at most 2,000. */
export const listTagReleases = (db: Queryable, orgId: string, tagIds: readonly string[]) =>
  db
    .select({
      id: releases.id, tagId: releases.tagId, number: releases.number, state: releases.state, outcome: releases.outcome, createdAt: releases.createdAt,
      deploymentId: releases.deploymentId, deploymentSlug: deployments.slug, deploymentName: deployments.name, liveReleaseId: deployments.liveReleaseId,
    })
    .from(releases)
    .innerJoin(deployments, and(eq(deployments.orgId, releases.orgId), eq(deployments.id, releases.deploymentId)))
    .where(and(eq(releases.orgId, orgId), inArray(releases.tagId, [...tagIds])))
    .orderBy(desc(releases.createdAt), desc(releases.id))
    .limit(2000); // prettier-ignore

/** Which components of which tags have an image that is still there. */
export const listTagImages = (db: Queryable, orgId: string, tagIds: readonly string[]) =>
  db
    .selectDistinct({ tagId: releases.tagId, componentId: releaseComponents.componentId, artifactId: artifacts.id })
    .from(releases)
    .innerJoin(
      releaseComponents,
      and(eq(releaseComponents.orgId, releases.orgId), eq(releaseComponents.releaseId, releases.id)),
    )
    .innerJoin(artifacts, and(eq(artifacts.orgId, releases.orgId), eq(artifacts.id, releaseComponents.artifactId)))
    .where(and(eq(releases.orgId, orgId), inArray(releases.tagId, [...tagIds]), isNull(artifacts.removedAt)))
    .limit(5000);
