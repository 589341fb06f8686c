/**
 * The order of a region's queue, as one query for both who claims and who shows places. Within a lane: kinds that go
 * first (rollback, wake), then paying organizations (a free one that waits for 30 minutes counts as paying), then the
 * organization with the fewest running, the longest unserved one, then time.
 *
 * An organization's second entry stands as if its first one ran: slots given one after the other come out in this order.
 * What cannot run, because its deployment is busy, takes no turn from the others of its organization.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { DatabaseNow } from '#server/db/now.ts';
import { planLimits } from '#server/domain/plans.ts';
import { activeStates, kindRules, releaseKinds } from '#server/domain/release-machine.ts';
import { plans } from '#server/domain/words.ts';

const patienceMinutes = 30;

/** Constants of ours as literals: a partial index is found only where its condition is in the text. */
export const literals = (values: readonly string[]): SQL => sql.raw(values.map((value) => `'${value}'`).join(', '));
export const activeList = literals(activeStates);
const firstKinds = literals(releaseKinds.filter((kind) => kindRules[kind].first));
const payingPlans = literals(plans.filter((plan) => planLimits[plan].goesFirst));

/** Active releases that an organization of this plan may have in a region. */
export const limitOf = (plan: SQL, orgLimit: SQL | number): SQL => {
  const cases = plans.map((name) => `when '${name}' then ${planLimits[name].concurrentReleases}`).join(' ');
  return sql`least(${orgLimit}, case ${plan} ${sql.raw(cases)} end)`;
};

/**
 * Rows of everything that is queued in the regions: `id, region_id, lane, org_id, blocked, allowed, place`. `blocked`:
 * something works on its deployment, or waits there before it. `allowed`: the organization's limit lets it run now, also
 * when all of its entries before it do; kinds that go first are limited among themselves only, so that builds never keep a
 * rollback waiting. `place`: from 1, by region and lane.
 */
export const queueOrder = (now: DatabaseNow, regionIds: readonly string[]): SQL => sql`
  with waiting as (
    select r.id, r.region_id, r.lane, r.org_id, r.created_at, o.plan, g.org_limit,
      r.kind in (${firstKinds}) as goes_first,
      (o.plan in (${payingPlans}) or r.created_at < ${now()} - interval '${sql.raw(String(patienceMinutes))} minutes') as paying,
      exists (select 1 from releases d where d.deployment_id = r.deployment_id and d.state in (${activeList}))
        or row_number() over (partition by r.deployment_id order by r.kind in (${firstKinds}) desc, r.created_at, r.id) > 1 as blocked
    from releases r join organizations o on o.id = r.org_id join regions g on g.id = r.region_id
    where r.state = 'queued' and r.region_id in (${sql.join(regionIds.map((id) => sql`${id}`), sql`, `)})
  ), served as materialized (
    select w.region_id, w.org_id,
      (select count(*) from releases a where a.region_id = w.region_id and a.org_id = w.org_id and a.state in (${activeList})) as running,
      (select count(*) from releases a where a.region_id = w.region_id and a.org_id = w.org_id and a.state in (${activeList}) and a.kind in (${firstKinds})) as running_first,
      (select max(s.started_at) from releases s where s.region_id = w.region_id and s.org_id = w.org_id) as last_served
    from (select distinct region_id, org_id from waiting) w
  ), turns as (
    select w.*, s.running, s.running_first, s.last_served,
      row_number() over own as turn, first_value(w.created_at) over own as head_at, first_value(w.id) over own as head_id
    from waiting w join served s on s.region_id = w.region_id and s.org_id = w.org_id
    window own as (partition by w.region_id, w.lane, w.org_id order by w.blocked, w.goes_first desc, w.paying desc, w.created_at, w.id)
  )
  select t.id, t.region_id, t.lane, t.org_id, t.running, t.blocked, case when t.goes_first then t.running_first else t.running end + t.turn <= ${limitOf(sql`t.plan`, sql`t.org_limit`)} as allowed,
    row_number() over (
      partition by t.region_id, t.lane
      order by t.goes_first desc, t.paying desc, t.running + t.turn, t.turn, t.last_served nulls first, t.head_at, t.head_id, t.id
    ) as place
  from turns t`; // prettier-ignore
