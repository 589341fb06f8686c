/** Dumps and restores of one organization. */
import { and, desc, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { components, deployments } from '#server/db/schema/projects.ts';
import { dataJobs, dumpSchedules } from '#server/db/schema/volumes.ts';

export type DataJobRow = typeof dataJobs.$inferSelect;

/** Newest first. */
export const listDataJobs = (db: Queryable, orgId: string, deploymentId: string): Promise<DataJobRow[]> =>
  db
    .select()
    .from(dataJobs)
    .where(and(eq(dataJobs.orgId, orgId), eq(dataJobs.deploymentId, deploymentId)))
    .orderBy(desc(dataJobs.createdAt))
    .limit(200);

export const listSchedules = (db: Queryable, orgId: string, deploymentId: string) =>
  db
    .select()
    .from(dumpSchedules)
    .where(and(eq(dumpSchedules.orgId, orgId), eq(dumpSchedules.deploymentId, deploymentId)))
    .limit(100);

export async function findDataJob(db: Queryable, orgId: string, id: string): Promise<DataJobRow | null> {
  const [row] = await db
    .select()
    .from(dataJobs)
    .where(and(eq(dataJobs.orgId, orgId), eq(dataJobs.id, id)));
  return row ?? null;
}

/** Finished dumps of the project with where they are from, newest first. */
export const listProjectDumps = (db: Queryable, orgId: string, projectId: string) =>
  db
    .select({
      dumpId: dataJobs.id, deployment: deployments.name, component: components.name, engine: dataJobs.engine, createdAt: dataJobs.createdAt,
    })
    .from(dataJobs)
    .innerJoin(deployments, and(eq(deployments.id, dataJobs.deploymentId), eq(deployments.orgId, orgId)))
    .innerJoin(components, and(eq(components.id, dataJobs.componentId), eq(components.orgId, orgId)))
    .where(
      and(
        eq(dataJobs.orgId, orgId),
        eq(deployments.projectId, projectId),
        eq(dataJobs.kind, 'dump'),
        eq(dataJobs.state, 'done'),
      ),
    )
    .orderBy(desc(dataJobs.createdAt))
    .limit(100); // prettier-ignore
