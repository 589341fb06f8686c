/** Projects with their deployments, and one project whole. */
import type { Tx } from '#server/db/client.ts';
import { type DeploymentRow, listDeploymentRows, readDeploymentStates } from '#server/db/deployments.ts';
import {
  type ComponentRow, findProject, listComponentRows, listProjectRows, listRepositoryRows, type ProjectRow, type RepositoryRow,
} from '#server/db/projects.ts'; // prettier-ignore
import { sshHost } from '#server/domain/naming.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import type {
  ComponentView,
  DeploymentSummary,
  ProjectSummary,
  ProjectView,
  RepositoryView,
} from '#server/domain/views/projects.ts';
import { findOrganization } from '#server/db/members.ts';
import { notFound } from '#server/errors.ts';
import { commonStages } from '#server/templates/types.ts';
import { listTemplates } from '#server/templates/index.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { deploymentSummary, worstStatus } from '#server/usecases/deployment-view.ts';

function sourceLabel(
  project: ProjectRow,
  repositories: readonly RepositoryRow[],
  components: readonly ComponentRow[],
): string {
  if (project.template) return `template ${project.template.slug}`;
  const url = repositories.find((row) => row.projectId === project.id)?.url;
  if (url) return url.replace(/^(?:https?|ssh):\/\/(?:[^@/]*@)?/, '').replace(/\.git$/, '');
  return components.find((row) => row.projectId === project.id)?.image?.split('@')[0] ?? '';
}
export const repositoryView = (row: RepositoryRow): RepositoryView => ({
  id: row.id,
  kind: row.kind,
  url: row.url,
  defaultBranch: row.defaultBranch,
  credential: row.credentialId ? { id: row.credentialId, name: row.credentialName ?? '' } : null,
});
export const componentView = (row: ComponentRow): ComponentView => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  repositoryId: row.repositoryId,
  image: row.image,
  settings: row.settings,
  effective: mergeSettings(row.settings),
  position: row.position,
  createdAt: row.createdAt,
});

async function summaries(
  ctx: UseCaseContext,
  tx: Tx,
  rows: readonly DeploymentRow[],
): Promise<Map<string, DeploymentSummary>> {
  const states = await readDeploymentStates(tx, ctx.actor.orgId, rows, ctx.clock.now());
  return new Map(
    rows.flatMap((row) => {
      const state = states.get(row.id);
      return state ? [[row.id, deploymentSummary(row, state)] as const] : [];
    }),
  );
}
function summaryOf(
  project: ProjectRow,
  deployments: DeploymentSummary[],
  repositories: readonly RepositoryRow[],
  components: readonly ComponentRow[],
): ProjectSummary {
  const shown = deployments.filter((deployment) => deployment.power !== 'trashed' && deployment.power !== 'deleting');
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    createdAt: project.createdAt,
    sourceLabel: sourceLabel(project, repositories, components),
    status: worstStatus(
      shown.map((deployment) => deployment.status),
      'No deployments',
    ),
    deployments,
  };
}

/** All projects of the organization with the status of each deployment. */
export function listProjects(ctx: UseCaseContext): Promise<ProjectSummary[]> {
  authorize(ctx, 'project.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const projects = await listProjectRows(tx, orgId);
    const rows = await listDeploymentRows(tx, orgId);
    const deployments = await summaries(ctx, tx, rows);
    const repositories = await listRepositoryRows(tx, orgId);
    const components = await listComponentRows(tx, orgId);
    return projects.map((project) => {
      const own = rows.flatMap((row) => (row.projectId === project.id ? (deployments.get(row.id) ?? []) : []));
      return summaryOf(project, own, repositories, components);
    });
  });
}

const cloneUrl = ({ publicUrl, sshPort }: UseCaseContext, org: string, project: string): string =>
  `ssh://git@${sshHost(publicUrl)}${sshPort === 22 ? '' : `:${sshPort}`}/${org}/${project}.git`;

/** @throws AppError not_found */
export async function getProject(ctx: UseCaseContext, input: { project: string }): Promise<ProjectView> {
  authorize(ctx, 'project.read');
  const { orgId } = ctx.actor;
  const found = await inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.project);
    if (!project) throw notFound();
    const rows = await listDeploymentRows(tx, orgId, project.id);
    const deployments = [...(await summaries(ctx, tx, rows)).values()];
    const repositories = await listRepositoryRows(tx, orgId, project.id);
    const components = await listComponentRows(tx, orgId, project.id);
    const organization = await findOrganization(tx, orgId);
    return { project, deployments, repositories, components, orgSlug: organization?.slug ?? '' };
  });
  const { project, deployments, repositories, components, orgSlug } = found;
  const isHosted = repositories.some((repository) => repository.kind === 'platform');
  const { template } = project;
  const known = template ? listTemplates().find((entry) => entry.slug === template.slug) : undefined;
  return {
    ...summaryOf(project, deployments, repositories, components),
    template,
    createdBy: project.createdById ? { id: project.createdById, name: project.createdByName ?? '' } : null,
    repositories: repositories.map(repositoryView),
    cloneUrl: isHosted ? cloneUrl(ctx, orgSlug, project.slug) : null,
    components: components.map(componentView),
    stages: [...(known?.stages ?? commonStages)],
  };
}
