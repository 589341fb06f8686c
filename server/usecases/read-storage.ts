/** The Storage page of a deployment: its volumes and its databases. */
import type { Tx } from '#server/db/client.ts';
import { type DataJobRow, listDataJobs, listProjectDumps, listSchedules } from '#server/db/data-jobs.ts';
import { listComponentRows } from '#server/db/projects.ts';
import { hasDeployment } from '#server/db/release-views.ts';
import type { dumpSchedules } from '#server/db/schema/volumes.ts';
import { listVolumeRows } from '#server/db/volumes.ts';
import { databaseKinds, databaseOf, withDatabases } from '#server/domain/databases.ts';
import { restorableUntil } from '#server/domain/limits.ts';
import type { DatabaseView, DumpView, StorageView, VolumeView } from '#server/domain/views/storage.ts';
import { notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { findDeployment } from '#server/db/deployments.ts';
import { readDraft } from '#server/db/drafts.ts';
import { mountedVolumes } from '#server/usecases/manage-volumes.ts';

/** @throws AppError not_found */
export function readStorage(ctx: UseCaseContext, input: { deploymentId: string }): Promise<StorageView> {
  authorize(ctx, 'deployment.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const deployment = await findDeployment(tx, orgId, input.deploymentId);
    if (!deployment || !(await hasDeployment(tx, orgId, deployment.id))) throw notFound();
    return {
      volumes: await volumeViews(tx, orgId, deployment.id, deployment.projectId),
      databases: await databaseViews(tx, orgId, deployment.id, deployment.projectId),
      restorable: await listProjectDumps(tx, orgId, deployment.projectId),
    };
  });
}

async function volumeViews(tx: Tx, orgId: string, deploymentId: string, projectId: string): Promise<VolumeView[]> {
  const names = new Map((await listComponentRows(tx, orgId, projectId)).map((row) => [row.id, row.name]));
  const mounted = await mountedVolumes(tx, orgId, deploymentId);
  const rows = await listVolumeRows(tx, orgId, deploymentId);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    component: { id: row.componentId, name: names.get(row.componentId) ?? 'a removed component' },
    path: row.path,
    sizeBytes: row.sizeBytes,
    usedBytes: row.usedBytes,
    isEnforced: row.observedAt === null ? null : row.capacityBytes !== null,
    growsAtStart: row.growsAtStart,
    state: row.state === 'trashed' ? ('trashed' as const) : ('active' as const),
    isMounted: row.state === 'active' && mounted.has(`${row.componentId}/${row.name}`),
    restorableUntil: row.state === 'trashed' && row.trashedAt ? restorableUntil(row.trashedAt) : null,
    observedAt: row.observedAt,
  }));
}

async function databaseViews(tx: Tx, orgId: string, deploymentId: string, projectId: string): Promise<DatabaseView[]> {
  const draft = await readDraft(tx, orgId, deploymentId);
  const inDraft = new Set((draft?.document.components ?? []).map((one) => one.componentId));
  const rows = (await listComponentRows(tx, orgId, projectId)).filter((row) => inDraft.has(row.id));
  const jobs = await listDataJobs(tx, orgId, deploymentId);
  const schedules = await listSchedules(tx, orgId, deploymentId);
  return rows.flatMap((row): DatabaseView[] => {
    const database = databaseOf(row.image);
    if (!database) return [];
    const kind = databaseKinds[database.engine];
    const [consumer] = withDatabases([{ component: '-', variables: [], platform: {} }], [{ name: row.name, engine: database.engine }]); // prettier-ignore
    return [
      {
        component: { id: row.id, name: row.name },
        engine: database.engine,
        title: kind.title,
        version: database.version,
        console: kind.console,
        offers: (consumer?.variables ?? []).map((one) => one.key),
        schedule: scheduleView(schedules.find((one) => one.componentId === row.id)),
        jobs: jobs
          .filter((one) => one.componentId === row.id)
          .slice(0, 30)
          .map(dumpView),
      },
    ];
  });
}

const scheduleView = (row: typeof dumpSchedules.$inferSelect | undefined): DatabaseView['schedule'] =>
  row ? { everyHours: row.everyHours, keep: row.keep, nextAt: row.nextAt } : null;
const dumpView = (row: DataJobRow): DumpView => ({
  id: row.id, kind: row.kind, startedBy: row.startedBy, state: row.state, engine: row.engine, sizeBytes: row.sizeBytes,
  checksum: row.checksum, failure: row.failure, dumpId: row.dumpId, createdAt: row.createdAt, endedAt: row.endedAt,
}); // prettier-ignore
