/** Makers for tests: the fewest rows that a test of a part needs. */
import type { Db } from '#server/db/client.ts';
import { memberships, organizations, users } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, drafts, projects, repositories } from '#server/db/schema/projects.ts';
import { newId, randomSuffix } from '#server/ids.ts';

export interface MadeDeployment {
  orgId: string;
  userId: string;
  regionId: string;
  projectId: string;
  repositoryId: string;
  componentId: string;
  deploymentId: string;
}

/** An organization with an owner, a region, a project with one web component from a platform repository, and a deployment whose draft holds it. */
export async function makeDeployment(db: Db): Promise<MadeDeployment> {
  const tag = randomSuffix(6);
  const made = {
    orgId: newId('organization'), userId: newId('user'), regionId: newId('region'), projectId: newId('project'),
    repositoryId: newId('repository'), componentId: newId('component'), deploymentId: newId('deployment'),
  }; // prettier-ignore
  const { orgId, userId, regionId, projectId, repositoryId, componentId, deploymentId } = made;
  await db.insert(organizations).values({ id: orgId, slug: `org-${tag}`, name: 'Test' });
  await db.insert(users).values({ id: userId, email: `${tag}@example.test`, name: 'Anna' });
  await db.insert(memberships).values({ orgId, userId, role: 'owner' });
  await db.insert(regions).values({ id: regionId, slug: `region-${tag}`, name: 'Here', appsDomain: 'apps.localhost' });
  await db.insert(projects).values({ id: projectId, orgId, slug: 'shop', name: 'Shop' });
  await db.insert(repositories).values({ id: repositoryId, orgId, projectId, kind: 'platform' });
  await db.insert(components).values({ id: componentId, orgId, projectId, name: 'web', kind: 'web', repositoryId });
  await db.insert(deployments).values({
    id: deploymentId, orgId, projectId, regionId, slug: 'production', name: 'Production', stageName: 'production', stageKind: 'built',
    handle: `shop-production-${tag}`,
  }); // prettier-ignore
  await db.insert(drafts).values({ deploymentId, orgId, document: { components: [{ componentId, overrides: {} }] } });
  return made;
}

/** Another deployment of the project, with a draft of all that `made` has; its id. */
export async function makeSibling(db: Db, made: MadeDeployment, slug: string): Promise<string> {
  const { orgId, projectId, regionId, componentId } = made;
  const id = newId('deployment');
  await db.insert(deployments).values({
    id, orgId, projectId, regionId, slug, name: slug, stageName: slug, stageKind: 'built', handle: `shop-${slug}-${randomSuffix(6)}`,
  }); // prettier-ignore
  await db
    .insert(drafts)
    .values({ deploymentId: id, orgId, document: { components: [{ componentId, overrides: {} }] } });
  return id;
}
