/** The timeline of a deployment, which is also what wakes the pages that show it. */
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deploymentEvents } from '#server/db/schema/releases.ts';

export interface NewEvent {
  orgId: string;
  projectId: string;
  deploymentId: string;
  kind: string;
  actorId: string;
  data?: Record<string, unknown>;
}
export async function recordEvent(db: Queryable, event: NewEvent): Promise<void> {
  await db.insert(deploymentEvents).values(event);
}
/** The same event on each deployment of a project: for changes that all of them see. */
export async function recordProjectEvent(db: Queryable, event: Omit<NewEvent, 'deploymentId'>): Promise<void> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.orgId, event.orgId), eq(deployments.projectId, event.projectId)))
    .limit(500);
  for (const { id } of rows) await recordEvent(db, { ...event, deploymentId: id });
}

/** Newest first, before `before`. */
export const listEvents = (db: Queryable, orgId: string, deploymentId: string, before: number | null, limit: number) =>
  db
    .select({
      seq: deploymentEvents.seq,
      at: deploymentEvents.createdAt,
      kind: deploymentEvents.kind,
      releaseId: deploymentEvents.releaseId,
      instanceId: deploymentEvents.instanceId,
      actorId: deploymentEvents.actorId,
      actorName: users.name,
      data: deploymentEvents.data,
    })
    .from(deploymentEvents)
    .leftJoin(users, eq(users.id, deploymentEvents.actorId))
    .where(
      and(
        eq(deploymentEvents.orgId, orgId),
        eq(deploymentEvents.deploymentId, deploymentId),
        before === null ? undefined : lt(deploymentEvents.seq, before),
      ),
    )
    .orderBy(desc(deploymentEvents.seq))
    .limit(limit);

/** Events of the organization after a number, in order. */
export const eventsAfter = (db: Queryable, orgId: string, after: number, limit: number) =>
  db
    .select({
      seq: deploymentEvents.seq,
      at: deploymentEvents.createdAt,
      kind: deploymentEvents.kind,
      projectId: deploymentEvents.projectId,
      deploymentId: deploymentEvents.deploymentId,
      releaseId: deploymentEvents.releaseId,
    })
    .from(deploymentEvents)
    .where(and(eq(deploymentEvents.orgId, orgId), gt(deploymentEvents.seq, after)))
    .orderBy(asc(deploymentEvents.seq))
    .limit(limit);

/** The number of the organization's last event; 0 when there is none. */
export async function lastEventNumber(db: Queryable, orgId: string): Promise<number> {
  const [row] = await db
    .select({ seq: deploymentEvents.seq })
    .from(deploymentEvents)
    .where(eq(deploymentEvents.orgId, orgId))
    .orderBy(desc(deploymentEvents.seq))
    .limit(1);
  return row?.seq ?? 0;
}
