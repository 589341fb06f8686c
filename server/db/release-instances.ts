/** Rows of instances and networks as the release engine needs them. Org id in every statement. */
import { and, eq, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { after, type DatabaseNow } from '#server/db/now.ts';
import { type InstanceState, instanceReleases, instances, networks } from '#server/db/schema/instances.ts';
import { releaseComponents } from '#server/db/schema/releases.ts';
import { addressIn, subnetAt } from '#server/domain/naming.ts';
import { AppError } from '#server/errors.ts';
import type { ObservedState } from '#server/runtime/types.ts';

export type InstanceRow = typeof instances.$inferSelect;
export type NetworkRow = typeof networks.$inferSelect;
interface Place {
  orgId: string;
  deploymentId: string;
}
const ofDeployment = (place: Place) =>
  and(eq(instances.orgId, place.orgId), eq(instances.deploymentId, place.deploymentId));

/** Instances that serve the deployment now. */
export const liveInstances = (db: Queryable, place: Place): Promise<InstanceRow[]> =>
  db
    .select()
    .from(instances)
    .where(and(ofDeployment(place), eq(instances.state, 'live'), eq(instances.role, 'serving')))
    .orderBy(instances.id);

/** What this release or operation started and what is still there, hooks included. */
export const startedInstances = (db: Queryable, orgId: string, releaseId: string): Promise<InstanceRow[]> =>
  db
    .select()
    .from(instances)
    .where(and(eq(instances.orgId, orgId), eq(instances.startedBy, releaseId), ne(instances.state, 'removed')))
    .orderBy(instances.id);

/** Every instance of the deployment that is not gone, whatever it does. */
export const standingInstances = (db: Queryable, place: Place): Promise<InstanceRow[]> =>
  db
    .select()
    .from(instances)
    .where(and(ofDeployment(place), ne(instances.state, 'removed')))
    .orderBy(instances.id);

/** Instances that belong to the release: started by it or carried over into it. */
export async function instancesOfRelease(db: Queryable, orgId: string, releaseId: string): Promise<InstanceRow[]> {
  const rows = await db
    .select({ instance: instances })
    .from(instanceReleases)
    .innerJoin(instances, eq(instances.id, instanceReleases.instanceId))
    .where(
      and(
        eq(instanceReleases.orgId, orgId),
        eq(instanceReleases.releaseId, releaseId),
        eq(instances.role, 'serving'),
        ne(instances.state, 'removed'),
      ),
    )
    .orderBy(instances.id);
  return rows.map((row) => row.instance);
}

/** What the release or operation has to drain and remove. */
export const instancesToRetire = (db: Queryable, orgId: string, releaseId: string): Promise<InstanceRow[]> =>
  db
    .select()
    .from(instances)
    .where(and(eq(instances.orgId, orgId), eq(instances.retiredBy, releaseId), eq(instances.state, 'draining')))
    .orderBy(instances.id);

export async function hookInstance(
  db: Queryable,
  key: { orgId: string; releaseId: string; componentId: string; hook: string },
): Promise<InstanceRow | null> {
  const [row] = await db
    .select()
    .from(instances)
    .where(
      and(
        eq(instances.orgId, key.orgId),
        eq(instances.startedBy, key.releaseId),
        eq(instances.componentId, key.componentId),
        eq(instances.hook, key.hook),
        eq(instances.role, 'hook'),
      ),
    );
  return row ?? null;
}

export const addInstance = async (tx: Tx, instance: typeof instances.$inferInsert): Promise<void> => {
  await tx.insert(instances).values(instance);
};
export async function linkInstances(tx: Tx, orgId: string, releaseId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .insert(instanceReleases)
    .values(ids.map((instanceId) => ({ orgId, releaseId, instanceId })))
    .onConflictDoNothing();
}
export const unlinkInstances = async (tx: Tx, orgId: string, releaseId: string): Promise<void> => {
  await tx
    .delete(instanceReleases)
    .where(and(eq(instanceReleases.orgId, orgId), eq(instanceReleases.releaseId, releaseId)));
};

export async function setInstances(
  tx: Tx,
  orgId: string,
  ids: readonly string[],
  values: { state?: InstanceState; readyAt?: SQL; retiredBy?: string; observed?: ObservedState },
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(instances)
    .set(values)
    .where(and(eq(instances.orgId, orgId), inArray(instances.id, [...ids])));
}

/** How often an instance has ended before it was ready. */
export const noteExits = async (tx: Tx, orgId: string, id: string, exits: number): Promise<void> => {
  await tx
    .update(instances)
    .set({ restarts: sql`greatest(${instances.restarts}, ${exits}::int)` })
    .where(and(eq(instances.orgId, orgId), eq(instances.id, id)));
};

/** The instance is gone; its address rests before somebody else gets it. */
export async function markRemoved(
  tx: Tx,
  now: DatabaseNow,
  orgId: string,
  instanceId: string,
  restMs: number,
): Promise<void> {
  await tx
    .update(instances)
    .set({ state: 'removed', removedAt: sql`${now()}`, addressFreeAt: sql`${after(now, restMs)}` })
    .where(and(eq(instances.orgId, orgId), eq(instances.id, instanceId), ne(instances.state, 'removed')));
}

/** The deployment's network, allocated at its first use: the lowest free /26 of the region's pool. @throws AppError unavailable when the pool is full. */
export async function networkFor(tx: Tx, place: Place & { regionId: string }, pool: string): Promise<NetworkRow> {
  const [known] = await tx
    .select()
    .from(networks)
    .where(and(eq(networks.orgId, place.orgId), eq(networks.deploymentId, place.deploymentId)));
  if (known) return known;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${place.regionId}, 75))`);
  const taken = await tx.select({ index: networks.index }).from(networks).where(eq(networks.regionId, place.regionId));
  const used = new Set(taken.map((row) => row.index));
  let index = 0;
  while (used.has(index)) index += 1;
  const subnet = subnetAt(pool, index);
  if (subnet === null) throw new AppError('unavailable', 'All networks of this region are in use.');
  const [row] = await tx
    .insert(networks)
    .values({ orgId: place.orgId, deploymentId: place.deploymentId, regionId: place.regionId, index, subnet })
    .returning();
  if (!row) throw new AppError('internal', 'The network was not written.');
  return row;
}

/**
 * Gives the deployment another /26, because its own is taken by something that is not ours. Only while nothing runs in it
 * but what this release has written and not started: those rows go, and the hand-over is decided again. False otherwise.
 */
export async function moveNetwork(
  tx: Tx,
  place: Place & { regionId: string; releaseId: string },
  pool: string,
): Promise<boolean> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${place.regionId}, 75))`);
  const there = await tx
    .select({ id: instances.id, startedBy: instances.startedBy, state: instances.state })
    .from(instances)
    .where(and(ofDeployment(place), ne(instances.state, 'removed')));
  if (there.some((row) => row.startedBy !== place.releaseId || row.state !== 'starting')) return false;
  const taken = await tx
    .select({ index: networks.index, deploymentId: networks.deploymentId })
    .from(networks)
    .where(eq(networks.regionId, place.regionId));
  const used = new Set(taken.map((row) => row.index));
  let index = (taken.find((row) => row.deploymentId === place.deploymentId)?.index ?? -1) + 1;
  while (used.has(index)) index += 1;
  const subnet = subnetAt(pool, index);
  if (subnet === null) return false;
  await tx
    .delete(instances)
    .where(and(ofDeployment(place), eq(instances.startedBy, place.releaseId), eq(instances.state, 'starting')));
  await tx
    .update(releaseComponents)
    .set({ specHash: null })
    .where(and(eq(releaseComponents.orgId, place.orgId), eq(releaseComponents.releaseId, place.releaseId)));
  await tx
    .update(networks)
    .set({ index, subnet })
    .where(and(eq(networks.orgId, place.orgId), eq(networks.deploymentId, place.deploymentId)));
  return true;
}

/** Offsets of instances in a /26: the first address is the gateway, the last one broadcasts. */
const offsets = Array.from({ length: 61 }, (_, index) => index + 2);

/**
 * Addresses of the network that no instance has and that have rested long enough, lowest first; null when there are not
 * `count` of them. The caller's transaction inserts them: the lock keeps two releases of one deployment apart.
 */
export async function freeAddresses(
  tx: Tx,
  now: DatabaseNow,
  network: NetworkRow,
  count: number,
): Promise<string[] | null> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${network.deploymentId}, 74))`);
  const rows = await tx
    .select({ address: instances.address })
    .from(instances)
    .where(and(ofDeployment(network), or(isNull(instances.addressFreeAt), sql`${instances.addressFreeAt} > ${now()}`)));
  const used = new Set(rows.map((row) => row.address));
  const free = offsets.map((offset) => addressIn(network.subnet, offset)).filter((address) => !used.has(address));
  return free.length < count ? null : free.slice(0, count);
}

/** Memory of instances that other releases of the region are starting now. */
export async function promisedMemoryMib(tx: Queryable, regionId: string, exceptRelease: string): Promise<number> {
  const [row] = await tx.execute<{ mib: string | null }>(sql`
    select sum(i.memory_mib) as mib from instances i join deployments d on d.id = i.deployment_id
    where d.region_id = ${regionId} and i.state = 'starting' and i.started_by <> ${exceptRelease}`);
  return Number(row?.mib ?? 0);
}
