/** The queue as an organization sees it: its own entries with place and reason, the others' as numbers. */
import { databaseNow } from '#server/db/now.ts';
import { listQueueRows } from '#server/db/release-views.ts';
import { type QueuePlace, queuePositions, queueTraffic, type QueueTraffic } from '#server/db/system/queue-positions.ts';
import { isActive, isCancellable } from '#server/domain/release-machine.ts';
import type { QueueEntry, QueueRegion, QueueWait } from '#server/domain/views/queue.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

type Row = Awaited<ReturnType<typeof listQueueRows>>[number];

/** What works on the deployment, or else waits there before it. */
const before = (row: Row, rows: readonly Row[], places: ReadonlyMap<string, QueuePlace>): Row | undefined =>
  rows.find((other) => other.deploymentId === row.deploymentId && isActive(other.state)) ??
  rows.find((other) => other.deploymentId === row.deploymentId && places.get(other.releaseId)?.blocked === false);

/** The first thing that has to change before it can run. */
function waitOf(
  row: Row,
  rows: readonly Row[],
  region: QueueTraffic | undefined,
  places: ReadonlyMap<string, QueuePlace>,
): QueueWait | null {
  if (row.state === 'held') return { kind: 'held', reason: row.heldReason ?? 'It is held.' };
  const place = places.get(row.releaseId);
  if (row.state !== 'queued' || !place) return null;
  const other = place.blocked ? before(row, rows, places) : undefined;
  if (other) return { kind: 'deployment', number: other.number, releaseKind: other.kind };
  if (region?.enabled === false) return { kind: 'region' };
  if (region && !place.allowed && !place.blocked)
    return { kind: 'organization', running: place.running, limit: region.limit };
  return { kind: 'slot', ahead: place.place - 1 };
}

/** The organization's working and waiting releases, with their place among everybody's and what they wait for. */
export async function listQueue(ctx: UseCaseContext): Promise<QueueEntry[]> {
  authorize(ctx, 'release.read');
  const { orgId } = ctx.actor;
  const rows = await inOrg(ctx, (tx) => listQueueRows(tx, orgId));
  const regionIds = [...new Set(rows.filter((row) => row.state === 'queued').map((row) => row.regionId))];
  const places = await queuePositions(ctx.db, databaseNow, orgId, regionIds);
  const regions = regionIds.length === 0 ? [] : await queueTraffic(ctx.db, orgId);
  return rows.map((row) => {
    const { regionId, createdAt, startedAt, deploymentId: _deployment, routeGeneration, failure, ...shown } = row;
    const place = places.get(row.releaseId);
    const region = regions.find((one) => one.regionId === regionId);
    return {
      ...shown,
      position: place?.place ?? null,
      waits: waitOf(row, rows, region, places),
      canAbort: isCancellable(row.state) && routeGeneration === null && failure === null,
      since: startedAt ?? createdAt,
    };
  });
}

/** How busy the regions are; nothing of it says whose releases these are. */
export async function listQueueRegions(ctx: UseCaseContext): Promise<QueueRegion[]> {
  authorize(ctx, 'region.read');
  const found = await queueTraffic(ctx.db, ctx.actor.orgId);
  return found.map(({ slug, name, lanes, limit }) => ({ slug, name, lanes, limit }));
}
