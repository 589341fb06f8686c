/** Variables as the page shows them. Secrets never come back. */
import { parseEnv } from 'node:util';
import * as z from 'zod';
import { findDeployment } from '#server/db/deployments.ts';
import { readDraft } from '#server/db/drafts.ts';
import { findProject } from '#server/db/projects.ts';
import { findSnapshot } from '#server/db/release-views.ts';
import { assertTarget, currentOf, findVariable, listVariableRows, type VariableRow } from '#server/db/variables.ts';
import { compareVariables } from '#server/domain/draft-diff.ts';
import type { DotenvPreview, VariableList, VariableView } from '#server/domain/views/projects.ts';
import { AppError, notFound } from '#server/errors.ts';
import { unseal } from '#server/secret.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { isReserved } from '#server/usecases/set-variables.ts';

const view = (row: VariableRow, state: VariableView['state']): VariableView => {
  const { createdById, createdByName, isSecret, ...shown } = row;
  const createdBy = createdById ? { id: createdById, name: createdByName ?? '' } : null;
  return { ...shown, isSecret: isSecret === 'yes', createdBy, state };
};

/** @throws AppError not_found */
export function listVariables(
  ctx: UseCaseContext,
  input: { projectId: string; deploymentId?: string | undefined },
): Promise<VariableList> {
  authorize(ctx, 'variable.read');
  const { orgId } = ctx.actor;
  const { projectId, deploymentId } = input;
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, projectId);
    if (!project || project.id !== projectId) throw notFound();
    const rows = await listVariableRows(tx, orgId, projectId, deploymentId ?? null);
    if (deploymentId === undefined) return { variables: rows.map((row) => view(row, 'live')), removed: [], notLive: 0 };
    const deployment = await findDeployment(tx, orgId, deploymentId);
    const draft = deployment?.projectId === projectId ? await readDraft(tx, orgId, deploymentId) : null;
    if (!deployment || !draft) throw notFound();
    const live = deployment.liveReleaseId ? await findSnapshot(tx, orgId, deployment.liveReleaseId) : null;
    const componentIds = draft.document.components.map((component) => component.componentId);
    const { states, removed } = compareVariables(live?.snapshot.components ?? [], rows, componentIds);
    const variables = rows.map((row) => view(row, states.get(row.id) ?? 'live'));
    return {
      variables,
      removed: removed.map(({ component, ...row }) => ({ ...row, componentName: component })),
      notLive: removed.length + variables.filter((row) => row.state !== 'live').length,
    };
  });
}

/** @throws AppError not_found; forbidden for a secret. */
export async function revealVariable(ctx: UseCaseContext, input: { variableId: string }): Promise<{ value: string }> {
  authorize(ctx, 'variable.read');
  const { orgId } = ctx.actor;
  const row = await inOrg(ctx, (tx) => findVariable(tx, orgId, input.variableId));
  if (!row) throw notFound();
  if (row.isSecret === 'yes')
    throw new AppError('forbidden', 'A secret is never shown again. Set a new value instead.');
  return { value: unseal(ctx.keys.variables, `${orgId}/${row.id}`, row.sealed).reveal() };
}

const key = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);
const secretWords = /secret|token|password|passwd|private|credential|api_?key|dsn|database_url/i;

/** What setting the pasted text would change, without writing anything. @throws AppError not_found, bad_input */
export function previewDotenv(
  ctx: UseCaseContext,
  input: { text: string } & Parameters<typeof assertTarget>[2],
): Promise<DotenvPreview> {
  authorize(ctx, 'variable.write');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const target = await assertTarget(tx, orgId, input);
    const current = new Map((await currentOf(tx, orgId, target)).map((row) => [row.key, row]));
    const preview: DotenvPreview = { entries: [], problems: [] };
    for (const [name, value = ''] of Object.entries(parseEnv(input.text))) {
      if (!key.safeParse(name).success)
        preview.problems.push({
          key: name.slice(0, 128),
          message: 'Letters, digits and _, not starting with a digit.',
        });
      else if (isReserved(name)) preview.problems.push({ key: name, message: 'Set by the platform.' });
      else if (value.length > 65_536) preview.problems.push({ key: name, message: 'At most 64 KiB.' });
      else {
        const row = current.get(name);
        const isSame = row && unseal(ctx.keys.variables, `${orgId}/${row.id}`, row.sealed).reveal() === value;
        const change = !row ? 'new' : isSame ? 'same' : 'changed';
        preview.entries.push({
          key: name,
          value,
          change,
          looksSecret: row?.isSecret === 'yes' || secretWords.test(name),
        });
      }
    }
    return preview;
  });
}
