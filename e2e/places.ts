/** Makes what a story needs before it starts, by the same API that programs use. */
import { randomBytes } from 'node:crypto';
import { gitToken, type GitServer } from './git-server.ts';
import type { Place, Program } from './program.ts';

export interface MadePlace extends Place {
  componentId: string;
  host: string;
  projectSlug: string;
  deploymentSlug: string;
}

export async function firstOrganization(program: Program): Promise<string> {
  const me = await program.api.account.me.query();
  const [first] = me.organizations;
  if (!first) throw new Error('the account has no organization');
  return first.slug;
}

/** What differs from a branch `main`, the right token and the repository's root. */
export interface GitAccess {
  repository?: string;
  token?: string;
  branch?: string;
  rootDirectory?: string;
}
/** A project with one web component from the Git server's repository, and its production deployment, not deployed yet. */
export async function makeGitProject(
  program: Program,
  server: GitServer,
  repository: string,
  settings: Record<string, unknown> = {},
  { token = gitToken, branch = 'main', rootDirectory = '' }: GitAccess = {},
): Promise<MadePlace> {
  const org = await firstOrganization(program);
  const created = await program.api.projects.create.mutate({
    org,
    name: `${repository} ${randomBytes(3).toString('hex')}`,
    source: {
      kind: 'git', url: server.url(repository), credential: { kind: 'token', username: 'oauth2', token }, ref: { kind: 'branch', name: branch }, rootDirectory,
      component: { name: 'web', kind: 'web', settings },
    },
    deployment: { name: 'Production', stage: { name: 'production', kind: 'built' } },
  }); // prettier-ignore
  const project = await program.api.projects.get.query({ org, project: created.projectId });
  const componentId = project.components[0]?.id ?? '';
  const deployment = project.deployments.find((entry) => entry.id === created.deploymentId);
  return {
    org, projectId: created.projectId, deploymentId: created.deploymentId, componentId, host: new URL(deployment?.url ?? 'http://none').hostname,
    projectSlug: created.projectSlug, deploymentSlug: created.deploymentSlug,
  }; // prettier-ignore
}
