/**
 * What a sign-in by SSH looks up before any organization is known: a key, and the deployment or repository that the login
 * names. Queries across organizations; what is found gives nothing before `server/usecases/ssh-*.ts` authorized it.
 */
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { organizations, users } from '#server/db/schema/organizations.ts';
import { components, deployments, projects, repositories } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { sshKeys } from '#server/db/schema/ssh.ts';

export interface KeyOwner {
  keyId: string;
  userId: string;
  name: string;
  email: string;
  isOperator: boolean;
}
const ownerColumns = { keyId: sshKeys.id, userId: users.id, name: users.name, email: users.email, isOperator: users.isOperator }; // prettier-ignore

/** Whose key this is, by its whole blob. */
export async function findKeyByBlob(db: Db, blob: string): Promise<KeyOwner | null> {
  const [row] = await db.select(ownerColumns).from(sshKeys).innerJoin(users, eq(users.id, sshKeys.userId)).where(eq(sshKeys.blob, blob)).limit(1); // prettier-ignore
  return row ?? null;
}
export async function findKeyById(db: Db, id: string): Promise<KeyOwner | null> {
  const [row] = await db.select(ownerColumns).from(sshKeys).innerJoin(users, eq(users.id, sshKeys.userId)).where(eq(sshKeys.id, id)).limit(1); // prettier-ignore
  return row ?? null;
}
/** Those of the ids that still exist. */
export async function livingKeys(db: Db, ids: string[]): Promise<Set<string>> {
  const rows = await db.select({ id: sshKeys.id }).from(sshKeys).where(inArray(sshKeys.id, ids));
  return new Set(rows.map((row) => row.id));
}
/** True when somebody signed in from there with a key that still exists. */
export async function hasSignedInFrom(db: Db, address: string): Promise<boolean> {
  const rows = await db.select({ id: sshKeys.id }).from(sshKeys).where(eq(sshKeys.lastUsedFrom, address)).limit(1);
  return rows.length > 0;
}
export async function noteKeyUse(db: Db, id: string, address: string, now: Date): Promise<void> {
  await db.update(sshKeys).set({ lastUsedAt: now, lastUsedFrom: address }).where(eq(sshKeys.id, id));
}

export type HandleRow = NonNullable<Awaited<ReturnType<typeof findDeploymentByHandle>>>;
export async function findDeploymentByHandle(db: Db, handle: string) {
  const [row] = await db
    .select({
      id: deployments.id, orgId: deployments.orgId, orgSlug: organizations.slug, projectSlug: projects.slug, projectName: projects.name,
      slug: deployments.slug, name: deployments.name, stageKind: deployments.stageKind, power: deployments.power, handle: deployments.handle,
    })
    .from(deployments)
    .innerJoin(organizations, eq(organizations.id, deployments.orgId))
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(eq(deployments.handle, handle))
    .limit(1); // prettier-ignore
  return row ?? null;
}

export interface RunningRow {
  instanceId: string;
  component: string;
  kind: string;
  phase: string | null;
}
/** Live instances of a deployment, in the order of its components. */
export const liveInstances = (tx: Tx, orgId: string, deploymentId: string): Promise<RunningRow[]> =>
  tx
    .select({
      instanceId: instances.id, component: components.name, kind: components.kind,
      phase: sql<string | null>`${instances.observed} ->> 'phase'`,
    })
    .from(instances)
    .innerJoin(components, eq(components.id, instances.componentId))
    .where(and(eq(instances.orgId, orgId), eq(instances.deploymentId, deploymentId), eq(instances.state, 'live'), eq(instances.role, 'serving')))
    .orderBy(sql`${components.kind} <> 'web'`, asc(components.position), asc(components.name), asc(instances.ordinal)); // prettier-ignore

export interface HostedRepository {
  repositoryId: string;
  orgId: string;
  projectId: string;
  orgSlug: string;
  projectSlug: string;
}
/** The platform's own repository of a project, by the slugs of its address. */
export async function findHostedRepository(
  db: Db,
  orgSlug: string,
  projectSlug: string,
): Promise<HostedRepository | null> {
  const [row] = await db
    .select({ repositoryId: repositories.id, orgId: repositories.orgId, projectId: projects.id, orgSlug: organizations.slug, projectSlug: projects.slug })
    .from(repositories)
    .innerJoin(projects, eq(projects.id, repositories.projectId))
    .innerJoin(organizations, eq(organizations.id, repositories.orgId))
    .where(and(eq(organizations.slug, orgSlug), eq(projects.slug, projectSlug), eq(repositories.kind, 'platform'), isNull(projects.deletedAt)))
    .orderBy(asc(repositories.createdAt))
    .limit(1); // prettier-ignore
  return row ?? null;
}
/** Deployments of the repository's project with what is live, for those that a push concerns. */
export const deploymentsOfProject = (tx: Tx, orgId: string, projectId: string) =>
  tx
    .select({
      id: deployments.id, name: deployments.name, slug: deployments.slug, power: deployments.power, pausedReason: deployments.autoPausedReason, live: releases.snapshot,
    })
    .from(deployments)
    .leftJoin(releases, eq(releases.id, deployments.liveReleaseId))
    .where(and(eq(deployments.orgId, orgId), eq(deployments.projectId, projectId), isNull(deployments.deletedAt)))
    .orderBy(asc(deployments.createdAt)); // prettier-ignore
