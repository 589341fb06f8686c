/** For tests and the bench: regions, organizations and releases that wait, as few rows as the queue needs. */
import { sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { applyEvent, insertQueued, type ReleaseRow } from '#server/db/releases.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, projects } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { claimSlots } from '#server/db/system/queue.ts';
import { kindRules, type ReleaseEvent, type ReleaseKind } from '#server/domain/release-machine.ts';
import type { Plan } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';

export class QueueBench {
  readonly db: Db;
  readonly regionId: string;

  constructor(db: Db, regionId = 'reg_1') {
    this.db = db;
    this.regionId = regionId;
  }

  async region(limits: { buildSlots: number; rolloutSlots: number; orgLimit?: number }): Promise<void> {
    const { regionId: id } = this;
    await this.db.insert(regions).values({ id, slug: id, name: 'R', appsDomain: 'a.test', ...limits });
  }
  async org(id: string, plan: Plan = 'free'): Promise<void> {
    await this.db.insert(organizations).values({ id, slug: id, name: id, plan });
    await this.db.insert(projects).values({ id: `prj_${id}`, orgId: id, slug: 'p', name: 'p' });
    await this.db
      .insert(components)
      .values({ id: `cmp_${id}`, orgId: id, projectId: `prj_${id}`, name: 'web', kind: 'web', image: 'x' });
  }
  async deployment(org: string): Promise<string> {
    const id = newId('deployment');
    const { regionId } = this;
    await this.db.insert(deployments).values({ id, orgId: org, projectId: `prj_${org}`, regionId, slug: id, name: id, stageName: 's', stageKind: 'built', handle: id }); // prettier-ignore
    return id;
  }
  /** A queued release; each in a deployment of its own unless one is given. */
  async queue(
    org: string,
    kind: ReleaseKind = 'deploy',
    options: { deploymentId?: string; waitedMinutes?: number } = {},
  ): Promise<string> {
    const id = newId('release');
    const deploymentId = options.deploymentId ?? (await this.deployment(org));
    const { regionId } = this;
    await this.db.transaction(
      (tx) =>
      insertQueued(tx, { id, orgId: org, projectId: `prj_${org}`, deploymentId, regionId, kind, lane: kindRules[kind].lane, snapshot: { components: [] }, trigger: { by: 'api' } }), // prettier-ignore
    );
    if (options.waitedMinutes !== undefined)
      await this.db
        .update(releases)
        .set({ createdAt: sql`now() - ${options.waitedMinutes} * interval '1 minute'` })
        .where(sql`id = ${id}`);
    return id;
  }
  /** Many at once, each in a deployment of its own, one millisecond apart. Organizations are made as `org_1`, `org_2`, … */
  async crowd(organizationCount: number, releaseCount: number): Promise<void> {
    const { db, regionId } = this;
    await db.execute(sql`insert into organizations (id, slug, name) select 'org_' || n, 'org-' || n, 'Org' from generate_series(1, ${organizationCount}::int) n on conflict do nothing`); // prettier-ignore
    await db.execute(sql`insert into projects (id, org_id, slug, name) select 'prj_org_' || n, 'org_' || n, 'p', 'p' from generate_series(1, ${organizationCount}::int) n on conflict do nothing`); // prettier-ignore
    await db.execute(sql`
      insert into deployments (id, org_id, project_id, region_id, slug, name, stage_name, stage_kind, handle)
      select 'dep_' || n, 'org_' || o, 'prj_org_' || o, ${regionId}, 'd' || n, 'd', 's', 'built', 'h' || n
      from (select n, 1 + n % ${organizationCount}::int as o from generate_series(1, ${releaseCount}::int) n) s`);
    await db.execute(sql`
      insert into releases (id, org_id, project_id, deployment_id, region_id, number, kind, lane, state, snapshot, trigger, created_at)
      select 'rel_' || n, 'org_' || o, 'prj_org_' || o, 'dep_' || n, ${regionId}, 1, 'deploy', 'build', 'queued', '{"components":[]}', '{"by":"api"}', now() + n * interval '1 millisecond'
      from (select n, 1 + n % ${organizationCount}::int as o from generate_series(1, ${releaseCount}::int) n) s`);
    await db.execute(sql`analyze releases, organizations`);
  }

  claim(db: Db = this.db): Promise<string[]> {
    return claimSlots(db, databaseNow, this.regionId, 1000);
  }
  async row(id: string): Promise<ReleaseRow> {
    const [found] = await this.db
      .select()
      .from(releases)
      .where(sql`id = ${id}`);
    if (!found) throw new Error('gone');
    return found;
  }
  async apply(id: string, ...events: ReleaseEvent[]): Promise<void> {
    for (const event of events) {
      const release = await this.row(id);
      await this.db.transaction((tx) => applyEvent(tx, databaseNow, { release, event }));
    }
  }
  /** The order in which everything that waits would run, one after the other. */
  async drainOrder(): Promise<string[]> {
    const order: string[] = [];
    for (let next = await this.claim(); next.length > 0; next = await this.claim()) {
      order.push(...next);
      for (const id of next) await this.apply(id, 'fail');
    }
    return order;
  }
}
