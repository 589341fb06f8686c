/** Deployments as lists and pages need them: the row, its region, what is live, what is newest, what serves. */
import { and, asc, desc, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { regions } from '#server/db/schema/platform.ts';
import { deployments, projects } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { volumes } from '#server/db/schema/volumes.ts';
import type { VolumeFact } from '#server/domain/volume-status.ts';
import type { DeploymentFacts, InstanceFact, ReleaseFact } from '#server/domain/status.ts';
import { standingKinds } from '#server/domain/words.ts';

const columns = {
  id: deployments.id,
  projectId: deployments.projectId,
  projectSlug: projects.slug,
  projectName: projects.name,
  slug: deployments.slug,
  name: deployments.name,
  stageName: deployments.stageName,
  stageKind: deployments.stageKind,
  handle: deployments.handle,
  power: deployments.power,
  autoDeploy: deployments.autoDeploy,
  autoPausedReason: deployments.autoPausedReason,
  autoRevert: deployments.autoRevert,
  liveReleaseId: deployments.liveReleaseId,
  createdAt: deployments.createdAt,
  deletedAt: deployments.deletedAt,
  regionId: regions.id,
  regionSlug: regions.slug,
  regionName: regions.name,
  appsDomain: regions.appsDomain,
  appsScheme: regions.appsScheme,
  appsPort: regions.appsPort,
};
const selectDeployments = (db: Queryable, where: SQL | undefined) =>
  db
    .select(columns)
    .from(deployments)
    .innerJoin(projects, and(eq(projects.orgId, deployments.orgId), eq(projects.id, deployments.projectId)))
    .innerJoin(regions, eq(regions.id, deployments.regionId))
    .where(where)
    .orderBy(asc(deployments.createdAt))
    .limit(500);
export type DeploymentRow = Awaited<ReturnType<typeof selectDeployments>>[number];

/** Of the organization, or of one project; those in the trash included, those whose project is deleted not. At most 500. */
export const listDeploymentRows = (db: Queryable, orgId: string, projectId?: string): Promise<DeploymentRow[]> =>
  selectDeployments(
    db,
    and(
      eq(deployments.orgId, orgId),
      isNull(projects.deletedAt),
      projectId === undefined ? undefined : eq(deployments.projectId, projectId),
    ),
  );

/** By its id. Not while it is being taken apart. */
export async function findDeployment(db: Queryable, orgId: string, id: string): Promise<DeploymentRow | null> {
  const where = and(eq(deployments.orgId, orgId), isNull(projects.deletedAt), eq(deployments.id, id));
  const [row] = await selectDeployments(db, where);
  return row ?? null;
}

/** By what stands in a page's address: ids or slugs of the project and the deployment. */
export async function findDeploymentByPath(
  db: Queryable,
  orgId: string,
  path: { project: string; deployment: string },
): Promise<DeploymentRow | null> {
  const where = and(
    eq(deployments.orgId, orgId),
    isNull(projects.deletedAt),
    or(eq(projects.id, path.project), eq(projects.slug, path.project)),
    or(eq(deployments.id, path.deployment), eq(deployments.slug, path.deployment)),
  );
  const [row] = await selectDeployments(db, where);
  return row ?? null;
}

const headColumns = {
  id: releases.id,
  deploymentId: releases.deploymentId,
  number: releases.number,
  state: releases.state,
  stateSince: releases.stateSince,
  outcome: releases.outcome,
  failure: releases.failure,
  liveAt: releases.liveAt,
};
export interface DeploymentState {
  live: { id: string; number: number | null; liveAt: Date | null; components: readonly SnapshotComponent[] } | null;
  /** Working, else the first that waits. */
  active: { id: string; number: number | null; state: ReleaseFact['state'] } | null;
  facts: DeploymentFacts;
}

const fact = (row: { number: number | null; state: ReleaseFact['state']; stateSince: Date; failure: { message: string } | null }): ReleaseFact => ({
  number: row.number, state: row.state, since: row.stateSince, failure: row.failure?.message ?? null,
}); // prettier-ignore

/** What runs, works and waits in each of the deployments: five statements for any number of them. */
export async function readDeploymentStates(
  db: Queryable,
  orgId: string,
  rows: readonly DeploymentRow[],
  now: Date,
): Promise<Map<string, DeploymentState>> {
  if (rows.length === 0) return new Map();
  const ids = rows.map((row) => row.id);
  const ofThese = and(eq(releases.orgId, orgId), inArray(releases.deploymentId, ids));
  const liveIds = rows.flatMap((row) => (row.liveReleaseId ? [row.liveReleaseId] : []));
  const live = liveIds.length === 0 ? [] : await db
        .select({ ...headColumns, components: sql<SnapshotComponent[]>`${releases.snapshot} -> 'components'` })
        .from(releases)
        .where(and(eq(releases.orgId, orgId), inArray(releases.id, liveIds))); // prettier-ignore
  const newest = await db
    .selectDistinctOn([releases.deploymentId], headColumns)
    .from(releases)
    .where(ofThese)
    .orderBy(releases.deploymentId, desc(releases.createdAt), desc(releases.id));
  const active = await db
    .select(headColumns)
    .from(releases)
    .where(and(ofThese, inArray(releases.state, [...activeStates, ...waitingStates])))
    .orderBy(asc(releases.createdAt))
    .limit(1000);
  const serving = await db
    .select({ id: instances.id, deploymentId: instances.deploymentId, componentId: instances.componentId, ordinal: instances.ordinal, readyAt: instances.readyAt, observedAt: instances.observedAt, restarts: instances.restarts, memoryMib: instances.memoryMib, observed: instances.observed })
    .from(instances)
    .where(and(eq(instances.orgId, orgId), inArray(instances.deploymentId, ids), eq(instances.state, 'live'), eq(instances.role, 'serving')))
    .limit(5000); // prettier-ignore
  const storage = await db
    .select({ id: volumes.id, deploymentId: volumes.deploymentId, componentId: volumes.componentId, name: volumes.name, usedBytes: volumes.usedBytes, capacityBytes: volumes.capacityBytes, observedAt: volumes.observedAt })
    .from(volumes)
    .where(and(eq(volumes.orgId, orgId), inArray(volumes.deploymentId, ids), eq(volumes.state, 'active')))
    .limit(1000); // prettier-ignore
  return new Map(
    rows.map((row) => {
      const isWorking = (state: ReleaseFact['state']): boolean => (activeStates as readonly string[]).includes(state);
      const own = active.filter((release) => release.deploymentId === row.id);
      return [
        row.id,
        stateOf(row, {
          live: live.find((release) => release.id === row.liveReleaseId) ?? null,
          newest: newest.find((release) => release.deploymentId === row.id) ?? null,
          active: own.find((release) => isWorking(release.state)) ?? own[0] ?? null,
          instances: serving.filter((instance) => instance.deploymentId === row.id),
          volumes: storage.filter((volume) => volume.deploymentId === row.id),
          now,
        }),
      ];
    }),
  );
}

interface Head {
  id: string;
  number: number | null;
  state: ReleaseFact['state'];
  stateSince: Date;
  outcome: string | null;
  failure: { message: string } | null;
  liveAt: Date | null;
}
function stateOf(
  row: DeploymentRow,
  found: {
    live: (Head & { components: SnapshotComponent[] }) | null;
    newest: Head | null;
    active: Head | null;
    instances: InstanceFact[];
    volumes: (Omit<VolumeFact, 'component'> & { componentId: string })[];
    now: Date;
  },
): DeploymentState {
  const { live, newest, active } = found;
  return {
    live: live && { id: live.id, number: live.number, liveAt: live.liveAt, components: live.components },
    active: active && { id: active.id, number: active.number, state: active.state },
    facts: {
      now: found.now,
      power: row.power,
      live: live && fact(live),
      newest: newest && newest.id !== live?.id && newest.outcome !== 'live' ? fact(newest) : null,
      components: (live?.components ?? [])
        .filter((component) => standingKinds.includes(component.kind))
        .map(({ componentId, name, kind, settings }) => ({ id: componentId, name, kind, wanted: settings.instances })),
      instances: found.instances,
      volumes: found.volumes.flatMap(({ componentId, ...volume }) => {
        const component = (live?.components ?? []).find((one) => one.componentId === componentId);
        const mounts = (component?.settings.volumes ?? []).some((one) => one.name === volume.name);
        return component && mounts ? [{ ...volume, component: component.name }] : [];
      }),
    },
  };
}
