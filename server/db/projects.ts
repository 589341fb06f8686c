/** Projects, their repositories and components. */
import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { components, credentials, projects, repositories } from '#server/db/schema/projects.ts';

const projectColumns = {
  id: projects.id,
  slug: projects.slug,
  name: projects.name,
  template: projects.template,
  createdAt: projects.createdAt,
  createdById: projects.createdBy,
  createdByName: users.name,
};
/** By name; at most 500. */
export const listProjectRows = (db: Queryable, orgId: string) =>
  db
    .select(projectColumns)
    .from(projects)
    .leftJoin(users, eq(users.id, projects.createdBy))
    .where(and(eq(projects.orgId, orgId), isNull(projects.deletedAt)))
    .orderBy(asc(projects.name))
    .limit(500);
export type ProjectRow = Awaited<ReturnType<typeof listProjectRows>>[number];

/** By id or slug. */
export async function findProject(db: Queryable, orgId: string, idOrSlug: string): Promise<ProjectRow | null> {
  const [row] = await db
    .select(projectColumns)
    .from(projects)
    .leftJoin(users, eq(users.id, projects.createdBy))
    .where(
      and(
        eq(projects.orgId, orgId),
        isNull(projects.deletedAt),
        or(eq(projects.id, idOrSlug), eq(projects.slug, idOrSlug)),
      ),
    )
    .limit(1);
  return row ?? null;
}

/** Of the organization or one project, oldest first; at most 1,000. */
export const listRepositoryRows = (db: Queryable, orgId: string, projectId?: string) =>
  db
    .select({ id: repositories.id, projectId: repositories.projectId, kind: repositories.kind, url: repositories.url, defaultBranch: repositories.defaultBranch, hostKey: repositories.hostKey, credentialId: credentials.id, credentialName: credentials.name })
    .from(repositories)
    .leftJoin(credentials, and(eq(credentials.orgId, repositories.orgId), eq(credentials.id, repositories.credentialId)))
    .where(and(eq(repositories.orgId, orgId), projectId === undefined ? undefined : eq(repositories.projectId, projectId)))
    .orderBy(asc(repositories.createdAt))
    .limit(1000); // prettier-ignore
export type RepositoryRow = Awaited<ReturnType<typeof listRepositoryRows>>[number];

export async function findRepository(db: Queryable, orgId: string, id: string): Promise<RepositoryRow | null> {
  const [row] = await db
    .select({ id: repositories.id, projectId: repositories.projectId, kind: repositories.kind, url: repositories.url, defaultBranch: repositories.defaultBranch, hostKey: repositories.hostKey, credentialId: credentials.id, credentialName: credentials.name })
    .from(repositories)
    .leftJoin(credentials, and(eq(credentials.orgId, repositories.orgId), eq(credentials.id, repositories.credentialId)))
    .where(and(eq(repositories.orgId, orgId), eq(repositories.id, id)))
    .limit(1); // prettier-ignore
  return row ?? null;
}

const componentColumns = {
  id: components.id,
  projectId: components.projectId,
  name: components.name,
  kind: components.kind,
  repositoryId: components.repositoryId,
  image: components.image,
  settings: components.settings,
  position: components.position,
  createdAt: components.createdAt,
};
/** Of the organization or one project, in their order; removed ones not. At most 2,000. */
export const listComponentRows = (db: Queryable, orgId: string, projectId?: string) =>
  db
    .select(componentColumns)
    .from(components)
    .where(
      and(
        eq(components.orgId, orgId),
        isNull(components.removedAt),
        projectId === undefined ? undefined : eq(components.projectId, projectId),
      ),
    )
    .orderBy(asc(components.position), asc(components.createdAt))
    .limit(2000);
export type ComponentRow = Awaited<ReturnType<typeof listComponentRows>>[number];

export async function findComponent(db: Queryable, orgId: string, id: string): Promise<ComponentRow | null> {
  const [row] = await db
    .select(componentColumns)
    .from(components)
    .where(and(eq(components.orgId, orgId), isNull(components.removedAt), eq(components.id, id)))
    .limit(1);
  return row ?? null;
}
