/** The draft of a deployment, and what it would change. */
import { and, eq, sql } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { type DeploymentRow, findDeployment } from '#server/db/deployments.ts';
import { readDraft } from '#server/db/drafts.ts';
import { recordEvent } from '#server/db/events.ts';
import { type ComponentRow, listComponentRows } from '#server/db/projects.ts';
import { drafts } from '#server/db/schema/projects.ts';
import { findSnapshot } from '#server/db/release-views.ts';
import { listVariableRows } from '#server/db/variables.ts';
import { compareVariables, diffComponents, variableChanges } from '#server/domain/draft-diff.ts';
import { type ManifestFile, manifestLayer, manifestOffers } from '#server/domain/manifest-layer.ts';
import { mergeLayers, originsOf } from '#server/domain/setting-origins.ts';
import { type Draft, mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';
import type { DraftComponentView, DraftView } from '#server/domain/views/projects.ts';
import type { DraftDiff } from '#server/domain/views/releases.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** @param manifests what `slipway.yaml` said at the last look */
export function draftComponents(
  document: Draft,
  components: readonly ComponentRow[],
  manifests: readonly ManifestFile[],
): DraftComponentView[] {
  return document.components.flatMap(({ componentId, overrides: given }) => {
    const overrides = given as SettingsOverrides; // `draftDocument` checked it when it was saved
    const component = components.find((row) => row.id === componentId);
    if (!component) return [];
    const { name, kind, settings } = component;
    const { ref } = mergeSettings(settings, overrides);
    const layers = {
      manifest: manifestLayer(manifests, component, ref.name),
      project: settings,
      deployment: overrides,
    };
    const base = mergeLayers({ ...layers, deployment: {} });
    return [{ componentId, name, kind, overrides, base, effective: mergeLayers(layers), origins: originsOf(layers) }];
  });
}

interface Loaded {
  deployment: DeploymentRow;
  draft: NonNullable<Awaited<ReturnType<typeof readDraft>>>;
  components: ComponentRow[];
}
async function load(tx: Tx, orgId: string, deploymentId: string): Promise<Loaded> {
  const deployment = await findDeployment(tx, orgId, deploymentId);
  const draft = deployment ? await readDraft(tx, orgId, deploymentId) : null;
  if (!deployment || !draft) throw notFound();
  return { deployment, draft, components: await listComponentRows(tx, orgId, deployment.projectId) };
}

/** @throws AppError not_found */
export function getDraft(ctx: UseCaseContext, input: { deploymentId: string }): Promise<DraftView> {
  authorize(ctx, 'deployment.read');
  return inOrg(ctx, async (tx) => {
    const { draft, components } = await load(tx, ctx.actor.orgId, input.deploymentId);
    const inDraft = new Set(draft.document.components.map((entry) => entry.componentId));
    return {
      deploymentId: input.deploymentId,
      revision: draft.revision,
      document: draft.document,
      components: draftComponents(draft.document, components, draft.manifests ?? []),
      available: components
        .filter((row) => !inDraft.has(row.id))
        .map(({ id, name, kind }) => ({ componentId: id, name, kind })),
      offered: manifestOffers(draft.manifests ?? [], components),
      updatedAt: draft.updatedAt,
      updatedBy: draft.updatedById ? { id: draft.updatedById, name: draft.updatedByName ?? '' } : null,
    };
  });
}

/** The draft and the variables against what is live, inside the caller's transaction. */
export async function diffAgainstLive(tx: Tx, orgId: string, deploymentId: string): Promise<DraftDiff> {
  const { deployment, draft, components } = await load(tx, orgId, deploymentId);
  const live = deployment.liveReleaseId ? await findSnapshot(tx, orgId, deployment.liveReleaseId) : null;
  const drafted = draftComponents(draft.document, components, draft.manifests ?? []);
  const rows = await listVariableRows(tx, orgId, deployment.projectId, deploymentId);
  const liveComponents = live?.snapshot.components ?? [];
  const comparison = compareVariables(liveComponents, rows, drafted.map((component) => component.componentId)); // prettier-ignore
  const changed = diffComponents(liveComponents, drafted);
  const variables = variableChanges(comparison, rows);
  return {
    revision: draft.revision,
    liveNumber: live?.number ?? null,
    components: changed,
    variables,
    count: variables.length + changed.reduce((sum, change) => sum + Math.max(1, change.fields.length), 0),
  };
}
/** @throws AppError not_found */
export function diffDraft(ctx: UseCaseContext, input: { deploymentId: string }): Promise<DraftDiff> {
  authorize(ctx, 'deployment.read');
  return inOrg(ctx, (tx) => diffAgainstLive(tx, ctx.actor.orgId, input.deploymentId));
}

function assertDocument(document: Draft, components: readonly ComponentRow[]): void {
  const seen = new Set<string>();
  for (const [index, { componentId, overrides }] of document.components.entries()) {
    const component = components.find((row) => row.id === componentId);
    if (!component) throw badInput(`document.components.${index}.componentId`, 'The project has no such component.');
    if (seen.has(componentId)) throw badInput(`document.components.${index}.componentId`, 'The component is there twice.'); // prettier-ignore
    seen.add(componentId);
    mergeSettings(component.settings, overrides as SettingsOverrides);
  }
}

/**
 * Replaces the document when nobody saved since `revision`. Nothing that runs changes.
 * @throws AppError not_found, bad_input, conflict when another revision came in between.
 */
export async function saveDraft(
  ctx: UseCaseContext,
  input: { deploymentId: string; revision: number; document: Draft },
): Promise<{ revision: number }> {
  authorize(ctx, 'deployment.update');
  const { orgId, userId } = ctx.actor;
  const { deploymentId, document } = input;
  return inOrg(ctx, async (tx) => {
    const { deployment, components } = await load(tx, orgId, deploymentId);
    assertDocument(document, components);
    const [saved] = await tx
      .update(drafts)
      .set({ document, revision: sql`${drafts.revision} + 1`, updatedBy: userId, updatedAt: ctx.clock.now() })
      .where(and(eq(drafts.orgId, orgId), eq(drafts.deploymentId, deploymentId), eq(drafts.revision, input.revision)))
      .returning({ revision: drafts.revision });
    if (!saved) throw new AppError('conflict', 'Somebody else saved in between. Load the page again to see it.');
    await recordEvent(tx, { orgId, projectId: deployment.projectId, deploymentId, kind: 'draft.saved', actorId: userId, data: { revision: saved.revision } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'draft.save', resourceKind: 'deployment', resourceId: deploymentId, data: { revision: saved.revision } }); // prettier-ignore
    return saved;
  });
}
