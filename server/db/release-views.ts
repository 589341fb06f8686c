/** Releases as lists and pages show them. */
import { and, asc, desc, eq, inArray, lt, or } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { users } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { deployments, projects } from '#server/db/schema/projects.ts';
import { artifacts, releaseComponents, releases, releaseSteps } from '#server/db/schema/releases.ts';
import { tags } from '#server/db/schema/tags.ts';
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';

const rowColumns = {
  id: releases.id,
  deploymentId: releases.deploymentId,
  number: releases.number,
  kind: releases.kind,
  lane: releases.lane,
  state: releases.state,
  stateSince: releases.stateSince,
  outcome: releases.outcome,
  snapshot: releases.snapshot,
  trigger: releases.trigger,
  tagId: releases.tagId,
  tagName: tags.name,
  draftRevision: releases.draftRevision,
  heldReason: releases.heldReason,
  failure: releases.failure,
  report: releases.report,
  supersededBy: releases.supersededBy,
  previousReleaseId: releases.previousReleaseId,
  createdAt: releases.createdAt,
  startedAt: releases.startedAt,
  liveAt: releases.liveAt,
  endedAt: releases.endedAt,
  deadlineAt: releases.deadlineAt,
  regionId: releases.regionId,
  requestedById: releases.requestedBy,
  requestedByName: users.name,
  liveReleaseId: deployments.liveReleaseId,
  power: deployments.power,
};
const selectReleases = (db: Queryable) =>
  db
    .select(rowColumns)
    .from(releases)
    .innerJoin(deployments, and(eq(deployments.orgId, releases.orgId), eq(deployments.id, releases.deploymentId)))
    .leftJoin(tags, and(eq(tags.orgId, releases.orgId), eq(tags.id, releases.tagId)))
    .leftJoin(users, eq(users.id, releases.requestedBy));
export type ReleaseViewRow = Awaited<ReturnType<typeof selectReleases>>[number];

/** Newest first; `before` is the place of the last one seen. */
export const listReleaseRows = (
  db: Queryable,
  orgId: string,
  deploymentId: string,
  before: { createdAt: Date; id: string } | null,
  limit: number,
): Promise<ReleaseViewRow[]> =>
  selectReleases(db)
    .where(
      and(
        eq(releases.orgId, orgId),
        eq(releases.deploymentId, deploymentId),
        before === null
          ? undefined
          : or(
              lt(releases.createdAt, before.createdAt),
              and(eq(releases.createdAt, before.createdAt), lt(releases.id, before.id)),
            ),
      ),
    )
    .orderBy(desc(releases.createdAt), desc(releases.id))
    .limit(limit);

export async function findReleaseRow(db: Queryable, orgId: string, id: string): Promise<ReleaseViewRow | null> {
  const [row] = await selectReleases(db)
    .where(and(eq(releases.orgId, orgId), eq(releases.id, id)))
    .limit(1);
  return row ?? null;
}

/** The numbers of releases, for links. */
export const releaseNumbers = (db: Queryable, orgId: string, ids: readonly string[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .select({ id: releases.id, number: releases.number })
        .from(releases)
        .where(and(eq(releases.orgId, orgId), inArray(releases.id, [...ids])))
        .limit(ids.length);

export async function findReleaseByNumber(
  db: Queryable,
  orgId: string,
  deploymentId: string,
  number: number,
): Promise<string | null> {
  const [row] = await db
    .select({ id: releases.id })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), eq(releases.deploymentId, deploymentId), eq(releases.number, number)))
    .limit(1);
  return row?.id ?? null;
}

export async function findSnapshot(
  db: Queryable,
  orgId: string,
  id: string,
): Promise<{ number: number | null; snapshot: ReleaseSnapshot } | null> {
  const [row] = await db
    .select({ number: releases.number, snapshot: releases.snapshot })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), eq(releases.id, id)))
    .limit(1);
  return row ?? null;
}

/** In the order in which they were visited; at most 200. */
export const listSteps = (db: Queryable, orgId: string, releaseId: string) =>
  db
    .select({ seq: releaseSteps.seq, state: releaseSteps.state, startedAt: releaseSteps.startedAt, endedAt: releaseSteps.endedAt, note: releaseSteps.note })
    .from(releaseSteps)
    .where(and(eq(releaseSteps.orgId, orgId), eq(releaseSteps.releaseId, releaseId)))
    .orderBy(asc(releaseSteps.seq))
    .limit(200); // prettier-ignore

/** What the steps found for each component; at most 50. */
export const listComponentResults = (db: Queryable, orgId: string, releaseId: string) =>
  db
    .select({ componentId: releaseComponents.componentId, buildOutcome: releaseComponents.buildOutcome, plan: releaseComponents.plan, port: releaseComponents.port, artifactId: releaseComponents.artifactId, imageSizeBytes: artifacts.sizeBytes })
    .from(releaseComponents)
    .leftJoin(artifacts, and(eq(artifacts.orgId, releaseComponents.orgId), eq(artifacts.id, releaseComponents.artifactId)))
    .where(and(eq(releaseComponents.orgId, orgId), eq(releaseComponents.releaseId, releaseId)))
    .limit(50); // prettier-ignore

/** The organization's working and waiting releases, oldest first; at most 200. */
export const listQueueRows = (db: Queryable, orgId: string) =>
  db
    .select({
      releaseId: releases.id, number: releases.number, kind: releases.kind, lane: releases.lane, state: releases.state, heldReason: releases.heldReason,
      createdAt: releases.createdAt, startedAt: releases.startedAt, deploymentId: releases.deploymentId, routeGeneration: releases.routeGeneration,
      failure: releases.failure, regionId: releases.regionId, regionSlug: regions.slug, projectSlug: projects.slug,
      projectName: projects.name, deploymentSlug: deployments.slug, deploymentName: deployments.name,
    })
    .from(releases)
    .innerJoin(deployments, and(eq(deployments.orgId, releases.orgId), eq(deployments.id, releases.deploymentId)))
    .innerJoin(projects, and(eq(projects.orgId, releases.orgId), eq(projects.id, releases.projectId)))
    .innerJoin(regions, eq(regions.id, releases.regionId))
    .where(and(eq(releases.orgId, orgId), inArray(releases.state, [...activeStates, ...waitingStates])))
    .orderBy(asc(releases.createdAt))
    .limit(200); // prettier-ignore

/** Whether the deployment is the organization's. */
export const hasDeployment = async (db: Queryable, orgId: string, id: string): Promise<boolean> =>
  (await db.$count(deployments, and(eq(deployments.orgId, orgId), eq(deployments.id, id)))) > 0;
