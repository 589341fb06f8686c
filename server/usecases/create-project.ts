/** A new project with its first deployment: from a template, a Git repository or an image. */
import { and, eq, isNull } from 'drizzle-orm';
import * as z from 'zod';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { findAccountById } from '#server/db/accounts.ts';
import { components, projects, repositories } from '#server/db/schema/projects.ts';
import { manifestBytes, type ManifestFile, manifestName } from '#server/domain/manifest.ts';
import { limits } from '#server/domain/limits.ts';
import { isPageWord, slug as slugField, slugFrom } from '#server/domain/naming.ts';
import type { GitRef, SettingsOverrides } from '#server/domain/settings.ts';
import type { ProjectCreated } from '#server/domain/views/projects.ts';
import type { ComponentKind, StageKind } from '#server/domain/words.ts';
import { badInput } from '#server/errors.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import { SourceFailure } from '#server/source/types.ts';
import { findTemplate } from '#server/templates/index.ts';
import { parseManifest, rememberManifests } from '#server/usecases/apply-manifest.ts';
import {
  type CredentialInput,
  prepareRepository,
  type PreparedRepository,
} from '#server/usecases/attach-repository.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { insertDeployment } from '#server/usecases/insert-deployment.ts';
import { credentialOf } from '#server/usecases/inspect-repository.ts';
import { assertQuota } from '#server/usecases/quota.ts';
import { insertVariables } from '#server/usecases/set-variables.ts';

interface NewComponent {
  name: string;
  kind: ComponentKind;
  settings: SettingsOverrides;
}
export interface CreateProjectInput {
  name: string;
  slug?: string | undefined;
  source:
    | { kind: 'template'; template: string; parameters: Record<string, string> }
    | {
        kind: 'git';
        url: string;
        credential: CredentialInput;
        ref: GitRef;
        rootDirectory: string;
        /** Absent: the components that `slipway.yaml` describes. */
        component?: NewComponent | undefined;
      }
    | { kind: 'image'; image: string; port?: number | undefined; component: NewComponent };
  deployment: { name: string; stage: { name: string; kind: StageKind }; regionId?: string | undefined };
}

/** What a source comes to: at most one repository, the components, and values of the template's parameters. */
interface Prepared {
  repository: PreparedRepository | null;
  template: { slug: string; version: number } | null;
  components: readonly (NewComponent & { image: string | null })[];
  variables: readonly { key: string; value: string; use: 'build' | 'run' | 'both' }[];
  /** What was read to find the components. */
  manifests?: readonly ManifestFile[];
}
const parameterValue = z.string().max(2000, 'At most 2,000 characters').refine((value) => !value.includes('\0'), 'No NUL characters'); // prettier-ignore

async function prepareTemplate(ctx: UseCaseContext, slug: string, given: Record<string, string>): Promise<Prepared> {
  const template = findTemplate(slug);
  const unknown = Object.keys(given).find((key) => !template.parameters.some((parameter) => parameter.key === key));
  if (unknown !== undefined) throw badInput('source.parameters', 'The template has no such parameter.');
  const account = await findAccountById(ctx.db, ctx.actor.userId);
  const repositoryId = newId('repository');
  await ctx.repositoryHost.create(
    repositoryId,
    await ctx.templateSource(slug),
    `Start from ${template.title}`,
    { name: account?.name ?? 'Slipway', email: account?.email ?? 'nobody@slipway.invalid' },
  ); // prettier-ignore
  return {
    repository: { id: repositoryId, kind: 'platform', url: null, defaultBranch: 'main', hostKey: null, credential: { kind: 'none' } }, // prettier-ignore
    template: { slug, version: template.version },
    components: template.components.map(({ name, kind, settings }) => ({ name, kind, settings, image: null })),
    variables: template.parameters.map(({ key, default: value, use }) => ({
      key,
      value: parameterValue.parse(given[key] ?? value),
      use,
    })),
  };
}

async function prepare(ctx: UseCaseContext, source: CreateProjectInput['source']): Promise<Prepared> {
  if (source.kind === 'template') return prepareTemplate(ctx, source.template, source.parameters);
  if (source.kind === 'image') {
    const { component } = source;
    const settings = source.port === undefined ? component.settings : { ...component.settings, run: { ...component.settings.run, port: source.port } }; // prettier-ignore
    return { repository: null, template: null, components: [{ ...component, settings, image: source.image }], variables: [] }; // prettier-ignore
  }
  const { ref, rootDirectory } = source;
  const repository = await prepareRepository(ctx, source);
  const { component } = source;
  if (!component) return { repository, template: null, variables: [], ...(await described(ctx, repository, source)) };
  const settings = { ...component.settings, ref, rootDirectory };
  return { repository, template: null, components: [{ ...component, settings, image: null }], variables: [] };
}

/** The components of `slipway.yaml`. Their settings stay in the file, so that each commit brings its own. */
async function described(
  ctx: UseCaseContext,
  repository: PreparedRepository,
  source: Extract<CreateProjectInput['source'], { kind: 'git' }>,
): Promise<Pick<Prepared, 'components' | 'manifests'>> {
  const { id: repositoryId, url, hostKey } = repository;
  const { ref } = source;
  const signal = AbortSignal.timeout(30_000);
  const location = { kind: 'git' as const, repositoryId, url: url ?? source.url, credential: await credentialOf(ctx, source.credential), hostKey }; // prettier-ignore
  try {
    const { commit } = await ctx.sources.resolve(location, ref, signal);
    const text = await ctx.sources.read(location, commit, manifestName, manifestBytes, signal);
    if (text === null) throw badInput('source.ref', `There is no ${manifestName} at ${ref.name}. Choose another branch, or describe the component here.`); // prettier-ignore
    const components = parseManifest(text);
    return {
      components: components.map(({ name, kind }) => ({ name, kind, settings: { ref }, image: null })),
      manifests: [{ repositoryId, commit, refName: ref.name, components }],
    };
  } catch (error) {
    if (error instanceof SourceFailure) throw badInput('source.url', `${error.message} ${error.advice}`);
    throw error;
  }
}

/** The slug asked for, else one made from the name, with a suffix when that is taken. */
async function chooseSlug(tx: Tx, orgId: string, input: { name: string; slug?: string | undefined }): Promise<string> {
  const wanted = input.slug ?? slugFrom(input.name);
  const taken = await tx.$count(projects, and(eq(projects.orgId, orgId), eq(projects.slug, wanted)));
  if (taken === 0 && !isPageWord('project', wanted)) return slugField.parse(wanted);
  if (input.slug !== undefined)
    throw badInput('slug', 'The organization has a project of this name, perhaps deleted lately.');
  return slugField.parse(`${wanted.slice(0, 27)}-${randomSuffix(4)}`);
}

async function insertProject(
  ctx: UseCaseContext,
  tx: Tx,
  input: CreateProjectInput,
  prepared: Prepared,
): Promise<ProjectCreated> {
  const { orgId, userId } = ctx.actor;
  await assertQuota(tx, { scope: `projects:${orgId}`, what: 'projects', limit: limits.projects }, () =>
    tx.$count(projects, and(eq(projects.orgId, orgId), isNull(projects.deletedAt))),
  );
  const slug = await chooseSlug(tx, orgId, input);
  const projectId = newId('project');
  await tx.insert(projects).values({ id: projectId, orgId, slug, name: input.name, template: prepared.template, createdBy: userId }); // prettier-ignore
  const { repository } = prepared;
  if (repository) {
    const { id, kind, url, defaultBranch, hostKey } = repository;
    const credentialId = repository.credential.kind === 'stored' ? repository.credential.credentialId : null;
    await tx.insert(repositories).values({ id, orgId, projectId, kind, url, defaultBranch, hostKey, credentialId });
  }
  const rows = prepared.components.map((component, position) => ({ ...component, id: newId('component'), orgId, projectId, repositoryId: repository?.id ?? null, position })); // prettier-ignore
  await tx.insert(components).values(rows);
  await insertVariables(ctx, tx, { projectId, scope: 'project', deploymentId: null, componentId: null }, prepared.variables.map((entry) => ({ ...entry, isSecret: false }))); // prettier-ignore
  const deployment = await insertDeployment(ctx, tx, {
    project: { id: projectId, slug },
    ...input.deployment,
    slug: undefined,
    regionId: input.deployment.regionId,
    draft: { components: rows.map((row) => ({ componentId: row.id, overrides: {} })) },
  });
  await rememberManifests(tx, orgId, deployment.id, prepared.manifests ?? []);
  await writeAudit(tx, { orgId, actorId: userId, action: 'project.create', resourceKind: 'project', resourceId: projectId, data: { slug } }); // prettier-ignore
  return { projectId, projectSlug: slug, deploymentId: deployment.id, deploymentSlug: deployment.slug, handle: deployment.handle }; // prettier-ignore
}

/**
 * Makes the project; nothing is deployed. A template's source becomes the first commit of a repository of the platform.
 * @throws AppError bad_input, not_found (template, credential), too_many, unavailable (repository host)
 */
export async function createProject(ctx: UseCaseContext, input: CreateProjectInput): Promise<ProjectCreated> {
  authorize(ctx, 'project.create');
  const prepared = await prepare(ctx, input.source);
  try {
    return await inOrg(ctx, (tx) => insertProject(ctx, tx, input, prepared));
  } catch (error) {
    if (prepared.repository?.kind === 'platform') await ctx.repositoryHost.remove(prepared.repository.id);
    throw error;
  }
}
