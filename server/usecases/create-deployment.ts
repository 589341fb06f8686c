/** Another deployment of a project, fresh or copied from one. */
import { and, eq } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { findDeployment } from '#server/db/deployments.ts';
import { readDraft } from '#server/db/drafts.ts';
import { findProject, listComponentRows } from '#server/db/projects.ts';
import { variables } from '#server/db/schema/projects.ts';
import type { Draft, GitRef } from '#server/domain/settings.ts';
import type { StageKind } from '#server/domain/words.ts';
import { badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { seal, unseal } from '#server/secret.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { insertDeployment } from '#server/usecases/insert-deployment.ts';
import { isNull } from 'drizzle-orm';

export interface CreateDeploymentInput {
  projectId: string;
  name: string;
  slug?: string | undefined;
  stage: { name: string; kind: StageKind };
  regionId?: string | undefined;
  refs: { componentId: string; ref: GitRef }[];
  copyFrom?: string | undefined;
}

/** The copied draft or all components of the project, with the refs asked for on top. */
async function firstDraft(tx: Tx, orgId: string, input: CreateDeploymentInput): Promise<Draft> {
  const available = (await listComponentRows(tx, orgId, input.projectId)).map((row) => row.id);
  const stranger = input.refs.findIndex((entry) => !available.includes(entry.componentId));
  if (stranger >= 0) throw badInput(`refs.${stranger}.componentId`, 'The project has no such component.');
  let draft: Draft = { components: available.map((componentId) => ({ componentId, overrides: {} })) };
  if (input.copyFrom !== undefined) {
    const source = await findDeployment(tx, orgId, input.copyFrom);
    const copied = source?.projectId === input.projectId ? await readDraft(tx, orgId, source.id) : null;
    if (!copied) throw notFound();
    draft = { components: copied.document.components.filter((entry) => available.includes(entry.componentId)) };
  }
  return {
    components: draft.components.map((entry) => {
      const chosen = input.refs.find((ref) => ref.componentId === entry.componentId);
      return chosen ? { ...entry, overrides: { ...entry.overrides, ref: chosen.ref } } : entry;
    }),
  };
}

/** The source's own variables as new rows of the copy; each is sealed for its new row. */
async function copyVariables(ctx: UseCaseContext, tx: Tx, fromId: string, toId: string): Promise<void> {
  const { orgId, userId } = ctx.actor;
  const rows = await tx
    .select({ id: variables.id, projectId: variables.projectId, scope: variables.scope, componentId: variables.componentId, key: variables.key, use: variables.use, isSecret: variables.isSecret, sealed: variables.sealed, hint: variables.hint })
    .from(variables)
    .where(and(eq(variables.orgId, orgId), eq(variables.deploymentId, fromId), isNull(variables.replacedAt)))
    .limit(2000); // prettier-ignore
  const copies = rows.map((row) => {
    const id = newId('variable');
    const value = unseal(ctx.keys.variables, `${orgId}/${row.id}`, row.sealed).reveal();
    return { ...row, id, orgId, deploymentId: toId, createdBy: userId, sealed: seal(ctx.keys.variables, `${orgId}/${id}`, value) }; // prettier-ignore
  });
  if (copies.length > 0) await tx.insert(variables).values(copies);
}

/** Nothing is deployed yet. @throws AppError not_found, bad_input, too_many */
export async function createDeployment(
  ctx: UseCaseContext,
  input: CreateDeploymentInput,
): Promise<{ id: string; slug: string; handle: string }> {
  authorize(ctx, 'deployment.create');
  if (input.stage.kind === 'development') throw badInput('stage.kind', 'This version runs built deployments only.');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.projectId);
    if (!project || project.id !== input.projectId) throw notFound();
    const draft = await firstDraft(tx, orgId, input);
    const made = await insertDeployment(ctx, tx, { ...input, slug: input.slug, regionId: input.regionId, project, draft }); // prettier-ignore
    if (input.copyFrom !== undefined) await copyVariables(ctx, tx, input.copyFrom, made.id);
    await writeAudit(tx, { orgId, actorId: userId, action: 'deployment.create', resourceKind: 'deployment', resourceId: made.id, data: { slug: made.slug, copiedFrom: input.copyFrom ?? null } }); // prettier-ignore
    return made;
  });
}
