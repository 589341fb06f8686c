/** Which log streams belong together. */
import { and, asc, desc, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { instances, logStreams } from '#server/db/schema/instances.ts';
import { components } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';

const columns = {
  id: logStreams.id,
  kind: logStreams.kind,
  instanceId: logStreams.instanceId,
  component: components.name,
  /** From 0; null for what is not an instance's. */
  ordinal: instances.ordinal,
};
/** A cursor names each of them, so there is a limit. */
const maxStreams = 80;
const select = (db: Queryable) =>
  db
    .select(columns)
    .from(logStreams)
    .leftJoin(instances, and(eq(instances.orgId, logStreams.orgId), eq(instances.id, logStreams.instanceId)))
    .leftJoin(components, and(eq(components.orgId, logStreams.orgId), eq(components.id, logStreams.componentId)));
export type StreamRow = Awaited<ReturnType<typeof select>>[number];

/** All streams of a release, oldest first. */
export const streamsOfRelease = (db: Queryable, orgId: string, releaseId: string): Promise<StreamRow[]> =>
  select(db)
    .where(and(eq(logStreams.orgId, orgId), eq(logStreams.releaseId, releaseId)))
    .orderBy(asc(logStreams.createdAt), asc(logStreams.id))
    .limit(maxStreams);

/** The consoles of a deployment's instances: the newest ones. */
export const consolesOfDeployment = (db: Queryable, orgId: string, deploymentId: string): Promise<StreamRow[]> =>
  select(db)
    .where(and(eq(logStreams.orgId, orgId), eq(logStreams.deploymentId, deploymentId), eq(logStreams.kind, 'console')))
    .orderBy(desc(logStreams.createdAt), desc(logStreams.id))
    .limit(maxStreams);

export async function releaseState(db: Queryable, orgId: string, releaseId: string): Promise<ReleaseState | null> {
  const [row] = await db
    .select({ state: releases.state })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), eq(releases.id, releaseId)))
    .limit(1);
  return row?.state ?? null;
}
