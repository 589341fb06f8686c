/** The place of each waiting release among all organizations': numbers only, nobody sees whose the others are. */
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { releases } from '#server/db/schema/releases.ts';
import { activeStates, kindRules, releaseKinds, waitingStates } from '#server/domain/release-machine.ts';

const list = (values: readonly string[]) => sql.join(values.map((value) => sql`${value}`), sql`, `); // prettier-ignore

/** Release id → place in its lane, from 1, in the order in which slots are given now (`queue.ts`). */
export async function queuePositions(db: Queryable, regionIds: readonly string[]): Promise<Map<string, number>> {
  if (regionIds.length === 0) return new Map();
  const first = releaseKinds.filter((kind) => kindRules[kind].first);
  const running = sql`(select count(*) from releases a where a.org_id = ${releases.orgId} and a.region_id = ${releases.regionId} and a.state in (${list(activeStates)}))`;
  const rows = await db
    .select({ id: releases.id, regionId: releases.regionId, lane: releases.lane })
    .from(releases)
    .innerJoin(organizations, eq(organizations.id, releases.orgId))
    .where(and(inArray(releases.regionId, [...regionIds]), inArray(releases.state, [...waitingStates])))
    .orderBy(
      sql`${releases.kind} in (${list(first)}) desc`,
      sql`(${organizations.plan} = 'pay-as-you-go' or ${releases.createdAt} < now() - interval '30 minutes') desc`,
      sql`${running} asc`,
      asc(releases.createdAt),
      asc(releases.id),
    )
    .limit(5000); // prettier-ignore
  const seen = new Map<string, number>();
  return new Map(
    rows.map((row) => {
      const queue = `${row.regionId}/${row.lane}`;
      const position = (seen.get(queue) ?? 0) + 1;
      seen.set(queue, position);
      return [row.id, position];
    }),
  );
}
