/** Components of a project: identity, source and default settings. What a deployment runs is in its draft. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { recordEvent, recordProjectEvent } from '#server/db/events.ts';
import { findComponent, findProject, findRepository, listComponentRows } from '#server/db/projects.ts';
import { components, deployments, drafts, repositories } from '#server/db/schema/projects.ts';
import { type DatabaseEngine, databaseImage, databaseKinds, databaseSettings } from '#server/domain/databases.ts';
import { limits } from '#server/domain/limits.ts';
import type { GitRef, SettingsOverrides } from '#server/domain/settings.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import type { ComponentView } from '#server/domain/views/projects.ts';
import type { ComponentKind } from '#server/domain/words.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import {
  type CredentialInput,
  prepareRepository,
  type PreparedRepository,
} from '#server/usecases/attach-repository.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { assertQuota } from '#server/usecases/quota.ts';
import { componentView } from '#server/usecases/read-projects.ts';

/** @throws AppError not_found */
export function listComponents(ctx: UseCaseContext, input: { projectId: string }): Promise<ComponentView[]> {
  authorize(ctx, 'project.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.projectId);
    if (!project) throw notFound();
    return (await listComponentRows(tx, orgId, project.id)).map(componentView);
  });
}

export interface AddComponentInput {
  projectId: string;
  name: string;
  kind: ComponentKind;
  settings: SettingsOverrides;
  source:
    | { kind: 'repository'; repositoryId: string }
    | { kind: 'git'; url: string; credential: CredentialInput; ref: GitRef }
    | { kind: 'image'; image: string }
    | { kind: 'database'; engine: DatabaseEngine; sizeGib: number };
  deploymentIds: string[];
}

async function sourceColumns(
  tx: Tx,
  orgId: string,
  input: AddComponentInput,
  prepared: PreparedRepository | null,
): Promise<{ repositoryId: string | null; image: string | null }> {
  const { source, projectId } = input;
  if (source.kind === 'image') return { repositoryId: null, image: source.image };
  if (source.kind === 'database') {
    const [version = ''] = databaseKinds[source.engine].versions;
    return { repositoryId: null, image: databaseImage({ engine: source.engine, version }) };
  }
  if (source.kind === 'repository') {
    const repository = await findRepository(tx, orgId, source.repositoryId);
    if (repository?.projectId !== projectId) throw notFound();
    return { repositoryId: repository.id, image: null };
  }
  if (!prepared) throw new AppError('internal', 'The repository was not prepared.');
  const { id, kind, url, defaultBranch, hostKey, credential } = prepared;
  const credentialId = credential.kind === 'stored' ? credential.credentialId : null;
  await tx.insert(repositories).values({ id, orgId, projectId, kind, url, defaultBranch, hostKey, credentialId });
  return { repositoryId: id, image: null };
}

/** Appends to the drafts, whose revision grows. @throws AppError not_found when one is not of the project. */
async function addToDrafts(ctx: UseCaseContext, tx: Tx, input: AddComponentInput, componentId: string): Promise<void> {
  const { orgId, userId } = ctx.actor;
  const ids = [...new Set(input.deploymentIds)];
  if (ids.length === 0) return;
  const own = await tx.$count(deployments, and(eq(deployments.orgId, orgId), eq(deployments.projectId, input.projectId), inArray(deployments.id, ids))); // prettier-ignore
  if (own !== ids.length) throw notFound();
  const added = JSON.stringify([{ componentId, overrides: {} }]);
  await tx
    .update(drafts)
    .set({
      document: sql`jsonb_set(${drafts.document}, '{components}', (${drafts.document} -> 'components') || ${added}::jsonb)`,
      revision: sql`${drafts.revision} + 1`,
      updatedBy: userId,
      updatedAt: ctx.clock.now(),
    })
    .where(and(eq(drafts.orgId, orgId), inArray(drafts.deploymentId, ids)));
  for (const deploymentId of ids)
    await recordEvent(tx, { orgId, projectId: input.projectId, deploymentId, kind: 'draft.saved', actorId: userId, data: { added: input.name } }); // prettier-ignore
}

function settingsOf({ source, settings }: AddComponentInput): SettingsOverrides {
  if (source.kind === 'git') return { ...settings, ref: source.ref };
  if (source.kind === 'database') return { ...databaseSettings(source.engine, source.sizeGib), ...settings };
  return settings;
}

/** @throws AppError not_found, bad_input (name taken, URL, settings), too_many */
export async function addComponent(ctx: UseCaseContext, input: AddComponentInput): Promise<ComponentView> {
  authorize(ctx, 'project.update');
  const { orgId, userId } = ctx.actor;
  const { projectId, name, kind, source } = input;
  const project = await inOrg(ctx, (tx) => findProject(tx, orgId, projectId));
  if (!project) throw notFound();
  const settings = settingsOf(input);
  if ((kind === 'add-on') !== (source.kind === 'database')) throw badInput('kind', 'An add-on is a database, and a database is an add-on.'); // prettier-ignore
  mergeSettings(settings);
  const prepared = source.kind === 'git' ? await prepareRepository(ctx, source) : null;
  return inOrg(ctx, async (tx) => {
    const isProjects = and(eq(components.orgId, orgId), eq(components.projectId, projectId));
    await assertQuota(tx, { scope: `components:${projectId}`, what: 'components per project', limit: limits.componentsPerProject }, () => tx.$count(components, and(isProjects, isNull(components.removedAt)))); // prettier-ignore
    if ((await tx.$count(components, and(isProjects, eq(components.name, name)))) > 0)
      throw badInput('name', 'The project has, or had, a component of this name.');
    const id = newId('component');
    const position = await tx.$count(components, isProjects);
    await tx.insert(components).values({ id, orgId, projectId, name, kind, settings, position, ...(await sourceColumns(tx, orgId, input, prepared)) }); // prettier-ignore
    await addToDrafts(ctx, tx, input, id);
    await writeAudit(tx, { orgId, actorId: userId, action: 'component.add', resourceKind: 'component', resourceId: id, data: { name } }); // prettier-ignore
    const row = await findComponent(tx, orgId, id);
    if (!row) throw notFound();
    return componentView(row);
  });
}

/** Takes it from the project; what runs of it stays until each deployment's next release. @throws AppError not_found, conflict */
export async function removeComponent(ctx: UseCaseContext, input: { componentId: string }): Promise<{ id: string }> {
  authorize(ctx, 'project.update');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const component = await findComponent(tx, orgId, input.componentId);
    if (!component) throw notFound();
    const using = await tx.$count(
      drafts,
      and(eq(drafts.orgId, orgId), sql`${drafts.document} -> 'components' @> ${JSON.stringify([{ componentId: component.id }])}::jsonb`),
    ); // prettier-ignore
    if (using > 0) throw new AppError('conflict', `${using} ${using === 1 ? 'deployment has' : 'deployments have'} it. Take it out of their components first.`); // prettier-ignore
    await tx
      .update(components)
      .set({ removedAt: ctx.clock.now() })
      .where(and(eq(components.orgId, orgId), eq(components.id, component.id)));
    await recordProjectEvent(tx, { orgId, projectId: component.projectId, kind: 'component.removed', actorId: userId, data: { name: component.name } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'component.remove', resourceKind: 'component', resourceId: component.id }); // prettier-ignore
    return { id: component.id };
  });
}

/** Replaces the project's default settings; each deployment gets them with its next release. @throws AppError not_found */
export async function updateComponentDefaults(
  ctx: UseCaseContext,
  input: { componentId: string; settings: SettingsOverrides },
): Promise<ComponentView> {
  authorize(ctx, 'project.update');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const component = await findComponent(tx, orgId, input.componentId);
    if (!component) throw notFound();
    await tx
      .update(components)
      .set({ settings: input.settings })
      .where(and(eq(components.orgId, orgId), eq(components.id, component.id)));
    await recordProjectEvent(tx, { orgId, projectId: component.projectId, kind: 'component.defaults', actorId: userId, data: { name: component.name } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'component.defaults', resourceKind: 'component', resourceId: component.id }); // prettier-ignore
    return componentView({ ...component, settings: input.settings });
  });
}
