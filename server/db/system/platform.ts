/** What operators see of all organizations, and what they set. Queries across organizations. */
import { asc, eq, sql } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import type { PlatformOrganization, PlatformRegion } from '#server/domain/views/usage.ts';
import type { Plan } from '#server/domain/words.ts';

/** By name; at most 500. */
export async function listAllOrganizations(db: Queryable, from: Date): Promise<PlatformOrganization[]> {
  const rows = await db.execute<Record<keyof PlatformOrganization, string>>(sql`
    select o.id, o.slug, o.name, o.plan, o.created_at as "createdAt",
      (select count(*) from memberships m where m.org_id = o.id) as members,
      (select count(*) from deployments d where d.org_id = o.id and d.deleted_at is null) as deployments,
      (select count(*) from instances i where i.org_id = o.id and i.state <> 'removed') as instances,
      (select coalesce(sum(i.memory_mib), 0) from instances i where i.org_id = o.id and i.state <> 'removed') as "memoryMib",
      coalesce(u.cpu, 0) as "cpuHours", coalesce(u.memory, 0) as "memoryGibHours", coalesce(u.builds, 0) as "buildMinutes"
    from organizations o left join lateral (
      select sum(hours * cpu_millis / 1000.0) filter (where kind = 'instance') as cpu,
        sum(hours * memory_mib / 1024.0) filter (where kind = 'instance') as memory,
        sum(hours * 60) filter (where kind = 'build') as builds
      from (
        select i.kind, i.cpu_millis, i.memory_mib,
          greatest(0, extract(epoch from coalesce(i.ended_at, now()) - greatest(i.started_at, ${from.toISOString()}::timestamptz)) / 3600) as hours
        from usage_intervals i where i.org_id = o.id and (i.ended_at is null or i.ended_at > ${from.toISOString()}::timestamptz)
      ) parts
    ) u on true
    order by lower(o.name), o.id limit 500`);
  return [...rows].map((row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    plan: row.plan === 'pay-as-you-go' ? 'pay-as-you-go' : 'free',
    createdAt: new Date(row.createdAt),
    members: Number(row.members),
    deployments: Number(row.deployments),
    instances: Number(row.instances),
    memoryMib: Number(row.memoryMib),
    cpuHours: Number(row.cpuHours),
    memoryGibHours: Number(row.memoryGibHours),
    buildMinutes: Number(row.buildMinutes),
  }));
}

/** The plan before; null when there is no such organization. */
export async function setOrganizationPlan(tx: Tx, orgId: string, plan: Plan): Promise<Plan | null> {
  const [before] = await tx.select({ plan: organizations.plan }).from(organizations).where(eq(organizations.id, orgId)).for('update'); // prettier-ignore
  if (!before) return null;
  await tx.update(organizations).set({ plan }).where(eq(organizations.id, orgId));
  return before.plan;
}

export const listAllRegions = (db: Queryable): Promise<PlatformRegion[]> =>
  db
    .select({ id: regions.id, slug: regions.slug, name: regions.name, enabled: regions.enabled, buildSlots: regions.buildSlots, rolloutSlots: regions.rolloutSlots, orgLimit: regions.orgLimit })
    .from(regions)
    .orderBy(asc(regions.createdAt))
    .limit(100); // prettier-ignore

export interface RegionChange {
  enabled?: boolean | undefined;
  buildSlots?: number | undefined;
  rolloutSlots?: number | undefined;
  orgLimit?: number | undefined;
}
/** False when there is no such region. */
export async function setRegionLimits(tx: Tx, regionId: string, change: RegionChange): Promise<boolean> {
  const rows = await tx.update(regions).set(change).where(eq(regions.id, regionId)).returning({ id: regions.id });
  return rows.length > 0;
}
