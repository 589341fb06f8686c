/** What deployments ask for: the larger of the live release and of those that wait or work. Org id in every statement. */
import { sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { literals } from '#server/db/system/queue-order.ts';
import type { Reservation } from '#server/domain/plans.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';
import { standingKinds } from '#server/domain/words.ts';

/** Of all deployments of the organization that are not suspended or in the trash, without `except`. */
export async function reservedBy(db: Queryable, orgId: string, except: string | null): Promise<Reservation> {
  const [row] = await db.execute<{ instances: string; memory: string }>(sql`
    select coalesce(sum(instances), 0) as instances, coalesce(sum(memory), 0) as memory from (
      select max(asked.instances) as instances, max(asked.memory) as memory
      from deployments d
      join releases r on r.org_id = d.org_id and r.deployment_id = d.id
        and (r.id = d.live_release_id or r.state in (${literals([...waitingStates, ...activeStates])}))
      cross join lateral (
        select coalesce(sum((c -> 'settings' ->> 'instances')::int), 0) as instances,
          coalesce(sum((c -> 'settings' ->> 'instances')::int * (c -> 'settings' -> 'size' ->> 'memoryMib')::bigint), 0) as memory
        from jsonb_array_elements(r.snapshot -> 'components') c where c ->> 'kind' in (${literals(standingKinds)})
      ) asked
      where d.org_id = ${orgId} and d.power = 'running' and d.deleted_at is null and d.id is distinct from ${except}
      group by d.id
    ) one`);
  return { instances: Number(row?.instances ?? 0), memoryMib: Number(row?.memory ?? 0) };
}
