/** Variables of one organization: the current versions. */
import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { components, deployments, projects, variables } from '#server/db/schema/projects.ts';
import type { VariableScope } from '#server/domain/words.ts';
import { badInput, notFound } from '#server/errors.ts';

export interface VariableTarget {
  projectId: string;
  scope: VariableScope;
  deploymentId: string | null;
  componentId: string | null;
}

/**
 * The target after its parts were found in this organization and to belong to each other.
 * @throws AppError not_found; bad_input when the ids do not fit the scope.
 */
export async function assertTarget(
  db: Queryable,
  orgId: string,
  given: {
    projectId: string;
    scope: VariableScope;
    deploymentId?: string | undefined;
    componentId?: string | undefined;
  },
): Promise<VariableTarget> {
  const { projectId, scope, deploymentId = null, componentId = null } = given;
  if ((scope === 'project') !== (deploymentId === null))
    throw badInput('deploymentId', 'Name the deployment exactly when the scope is not the project.');
  if ((scope === 'component') !== (componentId !== null))
    throw badInput('componentId', 'Name the component exactly when the scope is component.');
  const found = await db.$count(projects, and(eq(projects.orgId, orgId), eq(projects.id, projectId), isNull(projects.deletedAt))); // prettier-ignore
  if (found === 0) throw notFound();
  if (deploymentId !== null) {
    const own = await db.$count(deployments, and(eq(deployments.orgId, orgId), eq(deployments.projectId, projectId), eq(deployments.id, deploymentId))); // prettier-ignore
    if (own === 0) throw notFound();
  }
  if (componentId !== null) {
    const own = await db.$count(components, and(eq(components.orgId, orgId), eq(components.projectId, projectId), eq(components.id, componentId))); // prettier-ignore
    if (own === 0) throw notFound();
  }
  return { projectId, scope, deploymentId, componentId };
}

/** All versions at exactly this target. */
export const atTarget = (orgId: string, target: VariableTarget) =>
  and(
    eq(variables.orgId, orgId),
    eq(variables.projectId, target.projectId),
    eq(variables.scope, target.scope),
    target.deploymentId === null ? isNull(variables.deploymentId) : eq(variables.deploymentId, target.deploymentId),
    target.componentId === null ? isNull(variables.componentId) : eq(variables.componentId, target.componentId),
  );

/** Current rows of exactly this target, sealed. */
export const currentOf = (db: Queryable, orgId: string, target: VariableTarget) =>
  db
    .select({ id: variables.id, key: variables.key, use: variables.use, isSecret: variables.isSecret, sealed: variables.sealed })
    .from(variables)
    .where(and(atTarget(orgId, target), isNull(variables.replacedAt)))
    .limit(2000); // prettier-ignore

/** Current rows that a deployment sees, or the project's own; by key. No values. */
export const listVariableRows = (db: Queryable, orgId: string, projectId: string, deploymentId: string | null) =>
  db
    .select({
      id: variables.id, scope: variables.scope, key: variables.key, use: variables.use, isSecret: variables.isSecret, hint: variables.hint,
      deploymentId: variables.deploymentId, componentId: variables.componentId, componentName: components.name,
      createdAt: variables.createdAt, createdById: variables.createdBy, createdByName: users.name,
    })
    .from(variables)
    .leftJoin(components, and(eq(components.orgId, variables.orgId), eq(components.id, variables.componentId)))
    .leftJoin(users, eq(users.id, variables.createdBy))
    .where(
      and(
        eq(variables.orgId, orgId),
        eq(variables.projectId, projectId),
        isNull(variables.replacedAt),
        deploymentId === null
          ? isNull(variables.deploymentId)
          : or(isNull(variables.deploymentId), eq(variables.deploymentId, deploymentId)),
      ),
    )
    .orderBy(asc(variables.key), asc(variables.createdAt))
    .limit(2000); // prettier-ignore
export type VariableRow = Awaited<ReturnType<typeof listVariableRows>>[number];

/** One current row with its sealed value. */
export async function findVariable(db: Queryable, orgId: string, id: string) {
  const [row] = await db
    .select({ id: variables.id, isSecret: variables.isSecret, sealed: variables.sealed })
    .from(variables)
    .where(and(eq(variables.orgId, orgId), eq(variables.id, id), isNull(variables.replacedAt)))
    .limit(1);
  return row ?? null;
}
