/** For tests: an organization with a member of each role and one of everything that has an id. */
import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { invitations, memberships, organizations, sessions, users } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import {
  components,
  credentials,
  deployments,
  drafts,
  projects,
  repositories,
  variables,
} from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { tags } from '#server/db/schema/tags.ts';
import { dataJobs, volumes } from '#server/db/schema/volumes.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import { type Role, roles } from '#server/domain/words.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import { seal } from '#server/secret.ts';
import type { FakeSource } from '#server/source/fake.ts';
import type { Person } from '#server/usecases/context.ts';

/** Everything that an input can name. */
export interface Named {
  org: string;
  userId: string;
  sessionId: string;
  regionId: string;
  projectId: string;
  projectSlug: string;
  repositoryId: string;
  credentialId: string;
  unusedCredentialId: string;
  componentId: string;
  unusedComponentId: string;
  deploymentId: string;
  trashedDeploymentId: string;
  trashedProjectId: string;
  variableId: string;
  volumeId: string;
  trashedVolumeId: string;
  databaseId: string;
  dumpId: string;
  releaseId: string;
  waitingReleaseId: string;
  waitingNumber: number;
  tagId: string;
  /** Another deployment of the project, where nothing is live. */
  siblingId: string;
  invitationId: string;
  invitationToken: string;
}
export interface World extends Named {
  orgId: string;
  people: Record<Role, Person>;
}

/** Names of the same form that belong to nothing. */
export const randomNames = (): Named => ({
  org: `org-${randomSuffix(8)}`,
  userId: newId('user'),
  sessionId: newId('session'),
  regionId: newId('region'),
  projectId: newId('project'),
  projectSlug: 'shop',
  repositoryId: newId('repository'),
  credentialId: newId('credential'),
  unusedCredentialId: newId('credential'),
  componentId: newId('component'),
  unusedComponentId: newId('component'),
  deploymentId: newId('deployment'),
  trashedDeploymentId: newId('deployment'),
  trashedProjectId: newId('project'),
  variableId: newId('variable'),
  volumeId: newId('volume'),
  trashedVolumeId: newId('volume'),
  databaseId: newId('component'),
  dumpId: newId('dataJob'),
  releaseId: newId('release'),
  waitingReleaseId: newId('release'),
  waitingNumber: 2,
  tagId: newId('tag'),
  siblingId: newId('deployment'),
  invitationId: newId('invitation'),
  invitationToken: `token-${randomSuffix(24)}`,
});

const hour = 3_600_000;
async function makePeople(db: Db, orgId: string, leaver: string): Promise<Record<Role, Person>> {
  const people = {} as Record<Role, Person>;
  const now = Date.now();
  for (const role of [...roles, 'leaver' as const]) {
    const userId = role === 'leaver' ? leaver : newId('user');
    const sessionId = newId('session');
    await db.insert(users).values({ id: userId, email: `${randomSuffix(10)}@example.test`, name: role });
    await db.insert(sessions).values({ id: sessionId, userId, expiresAt: new Date(now + hour) });
    await db.insert(memberships).values({ orgId, userId, role: role === 'leaver' ? 'viewer' : role });
    if (role !== 'leaver') people[role] = { userId, sessionId, isOperator: false };
  }
  return people;
}

/** @param canary planted in every secret: it must never come back. */
export async function makeWorld(db: Db, sources: FakeSource, key: Buffer, canary: string): Promise<World> {
  const orgId = newId('organization');
  const named: Named = randomNames();
  const { org, regionId, projectId, repositoryId, credentialId, componentId, deploymentId, variableId } = named;
  await db.insert(organizations).values({ id: orgId, slug: org, name: 'Test' });
  const people = await makePeople(db, orgId, named.userId);
  await db
    .insert(regions)
    .values({ id: regionId, slug: `r-${randomSuffix(8)}`, name: 'Here', appsDomain: 'apps.localhost' });
  await db.insert(projects).values([
    { id: projectId, orgId, slug: 'shop', name: 'Shop' },
    { id: named.trashedProjectId, orgId, slug: 'old', name: 'Old', deletedAt: new Date() },
  ]);
  await db.insert(credentials).values([credentialId, named.unusedCredentialId].map((id) => ({ id, orgId, kind: 'token' as const, name: 'Token', sealed: seal(key, `${orgId}/${id}`, canary), hint: '' }))); // prettier-ignore
  await db.insert(repositories).values({ id: repositoryId, orgId, projectId, kind: 'git', url: 'https://git.example.com/a/shop.git', credentialId }); // prettier-ignore
  await db.insert(components).values([
    { id: componentId, orgId, projectId, name: 'web', kind: 'web', repositoryId },
    { id: named.unusedComponentId, orgId, projectId, name: 'spare', kind: 'worker', repositoryId },
    { id: named.databaseId, orgId, projectId, name: 'db', kind: 'add-on', image: 'database:postgresql:15' },
  ]);
  const shared = { orgId, projectId, regionId, stageName: 'production', stageKind: 'built' as const };
  await db.insert(deployments).values([
    { ...shared, id: deploymentId, slug: 'production', name: 'Production', handle: `shop-production-${randomSuffix(10)}`, releaseCounter: 2 },
    { ...shared, id: named.siblingId, slug: 'qa', name: 'QA', handle: `shop-qa-${randomSuffix(10)}` },
    { ...shared, id: named.trashedDeploymentId, slug: 'old', name: 'Old', handle: `shop-old-${randomSuffix(10)}`, power: 'trashed', deletedAt: new Date() },
  ]); // prettier-ignore
  const document = { components: [{ componentId, overrides: {} }] };
  await db.insert(drafts).values([deploymentId, named.siblingId, named.trashedDeploymentId].map((id) => ({ deploymentId: id, orgId, document }))); // prettier-ignore
  await db.insert(variables).values({ id: variableId, orgId, scope: 'project', projectId, key: 'GREETING', sealed: seal(key, `${orgId}/${variableId}`, 'hello') }); // prettier-ignore
  await db.insert(dataJobs).values({ id: named.dumpId, orgId, deploymentId, componentId: named.databaseId, kind: 'dump', startedBy: 'person', engine: 'postgresql', state: 'done', checksum: 'x' }); // prettier-ignore
  const volume = { orgId, projectId, deploymentId, componentId, regionId, path: '/data', sizeBytes: 1024 ** 3 };
  await db.insert(volumes).values([
    { ...volume, id: named.volumeId, name: 'data' },
    { ...volume, id: named.trashedVolumeId, name: 'old', state: 'trashed', trashedAt: new Date() },
  ]);
  const secretId = newId('variable');
  await db.insert(variables).values({ id: secretId, orgId, scope: 'deployment', projectId, deploymentId, key: 'SECRET', isSecret: 'yes', sealed: seal(key, `${orgId}/${secretId}`, canary) }); // prettier-ignore
  const commit = sources.commit(repositoryId, { 'package.json': '{"scripts":{"start":"node ."}}' });
  const component = {
    componentId, name: 'web', kind: 'web' as const, settings: mergeSettings(), origins: {}, variables: [],
    source: { kind: 'repository' as const, repositoryId, commit, message: 'Change', author: 'Ada', refName: 'main' },
  }; // prettier-ignore
  const release = { orgId, projectId, deploymentId, regionId, kind: 'deploy' as const, lane: 'build' as const, snapshot: { components: [component] }, trigger: { by: 'person' as const } }; // prettier-ignore
  await db.insert(releases).values([
    { ...release, id: named.releaseId, number: 1, state: 'live', outcome: 'live', liveAt: new Date() },
    { ...release, id: named.waitingReleaseId, number: 2, state: 'queued' },
  ]);
  await db
    .update(deployments)
    .set({ liveReleaseId: named.releaseId })
    .where(sql`${deployments.id} = ${deploymentId}`);
  await db.insert(tags).values({ id: named.tagId, orgId, projectId, name: 'v1', components: [{ componentId, name: 'web', source: component.source }] }); // prettier-ignore
  const tokenHash = createHash('sha256').update(named.invitationToken).digest('hex');
  await db.insert(invitations).values({ id: named.invitationId, orgId, email: `${randomSuffix(10)}@example.test`, role: 'viewer', tokenHash, expiresAt: new Date(Date.now() + hour) }); // prettier-ignore
  return { ...named, orgId, people };
}

/** One hash over every row of every table of the organization. */
export async function hashOrganization(db: Db, orgId: string): Promise<string> {
  const tables = await db.execute(sql`select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and c.column_name = 'org_id' and t.table_type = 'BASE TABLE' order by 1`);
  const parts = [...tables].map(
    (row) => sql`select ${String(row['name'])} as name, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash from ${sql.identifier(String(row['name']))} t where org_id = ${orgId}`,
  ); // prettier-ignore
  const own = sql`select 'organizations' as name, md5(t::text) as hash from organizations t where id = ${orgId}`;
  const rows = await db.execute(sql`${sql.join([...parts, own], sql` union all `)} order by name`);
  return JSON.stringify([...rows]);
}
