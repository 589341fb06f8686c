/**
 * Promotion: the artifacts of a release that is or was live run in another deployment of the project, with that one's
 * settings and variables, without a build. What the target would have built otherwise refuses it.
 */
import { and, eq } from 'drizzle-orm';
import { artifactPresence, holdReleaseArtifacts } from '#server/db/artifacts.ts';
import type { Tx } from '#server/db/client.ts';
import { releaseById } from '#server/db/publications.ts';
import { releaseComponentRows, setReleaseComponent } from '#server/db/release-components.ts';
import { copyResults } from '#server/db/rollbacks.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { diffComponents } from '#server/domain/draft-diff.ts';
import { isSameCode, leftOut, promotionRefusals, type PromotionRefusal } from '#server/domain/promotion.ts'; // prettier-ignore
import { isOperation } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { snapshotVariableChanges } from '#server/domain/rollback.ts';
import type { PromotionPreview, ReleaseRequested } from '#server/domain/views/releases.ts';
import { layerOf, mergeLayers, originsOf } from '#server/domain/setting-origins.ts';
import { AppError, isAborted, isRetryable, notFound } from '#server/errors.ts';
import { buildValues } from '#server/usecases/build-values.ts';
import { codeDiffs } from '#server/usecases/code-diff.ts';
import { authorize, inOrg } from '#server/usecases/context.ts';
import {
  planSnapshot,
  type ReleaseContext,
  resolveSnapshot,
  type SnapshotPlan,
} from '#server/usecases/plan-snapshot.ts';
import { assertDraft, draftChanged, writeRelease } from '#server/usecases/write-release.ts';

export interface PromotionInput {
  releaseId: string;
  /** The deployment that gets it. */
  deploymentId: string;
}
type DeploymentRow = typeof deployments.$inferSelect;
interface Promotion {
  release: ReleaseRow;
  source: DeploymentRow;
  plan: SnapshotPlan;
  components: SnapshotComponent[];
  /** Where the image of each component comes from. */
  images: { componentId: string; from: string }[];
  refusals: PromotionRefusal[];
}
const lookLimitMs = 20_000;

async function loadSource(tx: Tx, orgId: string, releaseId: string): Promise<[ReleaseRow, DeploymentRow]> {
  const release = await releaseById(tx, orgId, releaseId);
  if (!release) throw notFound();
  const [source] = await tx
    .select()
    .from(deployments)
    .where(and(eq(deployments.id, release.deploymentId), eq(deployments.orgId, orgId)));
  if (!source) throw notFound();
  return [release, source];
}

/** @throws AppError not_found, conflict (not a release that was live, the same deployment, not running), bad_input */
async function planPromotion(ctx: ReleaseContext, input: PromotionInput): Promise<Promotion> {
  const { orgId } = ctx.actor;
  const [release, source] = await inOrg(ctx, (tx) => loadSource(tx, orgId, input.releaseId));
  const plan = await planSnapshot(ctx, input.deploymentId, 'deploy', release.snapshot.components);
  const target = plan.deployment;
  if (target.projectId !== source.projectId) throw notFound();
  if (target.id === source.id)
    throw new AppError('conflict', 'It is of this deployment already. To return to it, roll back.');
  if (release.outcome !== 'live' || isOperation(release.kind))
    throw new AppError('conflict', 'Only a release that is or was live can be promoted.');
  const components = await promotedComponents(ctx, plan, release);
  const images = components.map((one) => {
    const own = plan.live?.snapshot.components.find((entry) => entry.componentId === one.componentId);
    const isKept = one.kind === 'add-on' && plan.live && isSameCode(own?.source, one.source);
    return { componentId: one.componentId, from: isKept && plan.live ? plan.live.id : release.id };
  });
  const refusals = await inOrg(ctx, (tx) => refusalsOf(ctx, tx, { release, source, plan, components, images }));
  return { release, source, plan, components, images, refusals };
}

/**
 * The target's settings over what `slipway.yaml` says at the commit. Where the repository cannot be read, what the release
 * had of the file counts: a promotion needs no code.
 */
async function promotedComponents(
  ctx: ReleaseContext,
  plan: SnapshotPlan,
  release: ReleaseRow,
): Promise<SnapshotComponent[]> {
  const known = plan.components.filter((one) => one.from.kind !== 'missing');
  const resolved = await resolveSnapshot(ctx, { ...plan, components: known }, AbortSignal.timeout(lookLimitMs)).catch(
    (error: unknown) => {
      if (isRetryable(error) || isAborted(error)) return null;
      throw error;
    },
  );
  if (resolved && !resolved.failure) return [...resolved.snapshot.components];
  return known.flatMap(({ from, layers, ...component }): SnapshotComponent[] => {
    if (from.kind === 'missing' || from.kind === 'ref') return [];
    const released = release.snapshot.components.find((one) => one.componentId === component.componentId);
    const manifest = released ? layerOf(released.settings, released.origins, 'slipway.yaml') : {};
    const all = { ...layers, manifest };
    return [{ ...component, source: from, settings: mergeLayers(all), origins: originsOf(all) }];
  });
}

async function refusalsOf(
  ctx: ReleaseContext,
  tx: Tx,
  { release, source, plan, components, images }: Omit<Promotion, 'refusals'>,
): Promise<PromotionRefusal[]> {
  const target = plan.deployment;
  const wanted = plan.components.map((one) => components.find((other) => other.componentId === one.componentId) ?? one);
  const values = { from: await buildValues(ctx, tx, release.snapshot.components), to: await buildValues(ctx, tx, wanted) }; // prettier-ignore
  const refusals = promotionRefusals(
    release.snapshot.components.map((one) => ({ ...one, buildValues: values.from.get(one.componentId) ?? {} })),
    wanted.map((one) => ({ ...one, buildValues: values.to.get(one.componentId) ?? {} })),
    { from: source.name, to: target.name },
  );
  if (source.regionId !== target.regionId)
    refusals.push({ componentId: null, kind: 'place', key: 'region', message: `${target.name} is in another region, which does not have these images. Deploy a tag there.` }); // prettier-ignore
  const presence = (await artifactPresence(tx, ctx.actor.orgId, [release.id])).get(release.id);
  if (presence?.kind === 'gone')
    refusals.push({ componentId: null, kind: 'image', key: presence.why, message: 'Its images were removed to free disk space. Deploy the same commits with a tag: that builds them anew.' }); // prettier-ignore
  for (const { componentId, from } of images) {
    const row = (await releaseComponentRows(tx, ctx.actor.orgId, from)).get(componentId);
    const name = components.find((one) => one.componentId === componentId)?.name ?? '';
    if (row?.artifactId == null && !refusals.some((one) => one.componentId === componentId || one.kind === 'image'))
      refusals.push({ componentId, kind: 'image', key: name, message: `${name} has no image in this release.` });
  }
  return refusals;
}

/** What a promotion would do, or why it cannot. Writes nothing. @throws AppError as `promoteRelease` */
export async function previewPromotion(ctx: ReleaseContext, input: PromotionInput): Promise<PromotionPreview> {
  authorize(ctx, 'release.read');
  const { release, source, plan, components, refusals } = await planPromotion(ctx, input);
  const live = plan.live?.snapshot ?? { components: [] };
  const code = await codeDiffs(ctx, plan.live?.snapshot ?? null, components, AbortSignal.timeout(lookLimitMs));
  const hooks = components.filter((one) => one.settings.hook.postdeploy || (plan.live === null && one.settings.hook.firstDeploy)); // prettier-ignore
  return {
    releaseId: release.id,
    number: release.number,
    from: { id: source.id, slug: source.slug, name: source.name },
    to: { id: plan.deployment.id, slug: plan.deployment.slug, name: plan.deployment.name },
    draftRevision: plan.draftRevision,
    liveNumber: plan.live?.number ?? null,
    refusals,
    code,
    components: diffComponents(live.components, components.map((one) => ({ ...one, effective: one.settings }))), // prettier-ignore
    variables: snapshotVariableChanges(live, { components }),
    leftOut: leftOut(release.snapshot.components, plan.components),
    hooks: hooks.map((one) => one.name),
  };
}

/**
 * @throws AppError forbidden, not_found, conflict (the first refusal, the draft changed, not running), bad_input (the
 * target's draft has to be mended), too_many
 */
export async function promoteRelease(
  ctx: ReleaseContext,
  input: PromotionInput & { draftRevision?: number | undefined },
): Promise<ReleaseRequested> {
  authorize(ctx, 'release.create');
  const { orgId, userId } = ctx.actor;
  const { release, source, plan, components, images, refusals } = await planPromotion(ctx, input);
  const [refusal] = refusals;
  if (refusal) throw new AppError('conflict', refusals.map((one) => one.message).slice(0, 5).join(' ')); // prettier-ignore
  const { deployment, draftRevision } = plan;
  if ((input.draftRevision ?? draftRevision) !== draftRevision) throw draftChanged();
  return inOrg(ctx, async (tx) => {
    await assertDraft(tx, orgId, deployment.id, draftRevision);
    const made = await writeRelease(tx, {
      deployment, kind: 'promotion', snapshot: { components }, failure: null, requestedBy: userId, draftRevision, tagId: release.tagId,
      trigger: { by: 'promotion', releaseId: release.id, deployment: source.slug, number: release.number }, audit: { from: release.id },
    }); // prettier-ignore
    for (const from of new Set(images.map((image) => image.from)))
      if (!(await holdReleaseArtifacts(tx, orgId, from)))
        throw new AppError('conflict', 'Its images were removed meanwhile. Deploy the same commits with a tag.');
    await copyResults(tx, orgId, made.releaseId, images);
    await forgetCommands(tx, made.releaseId, release, components);
    return made;
  });
}

/** A start command that was a setting of the source is in its plan, and not one of the target's. */
async function forgetCommands(
  tx: Tx,
  releaseId: string,
  from: ReleaseRow,
  components: readonly SnapshotComponent[],
): Promise<void> {
  const rows = await releaseComponentRows(tx, from.orgId, releaseId);
  for (const { componentId } of components) {
    const plan = rows.get(componentId)?.plan;
    const command = from.snapshot.components.find((one) => one.componentId === componentId)?.settings.run.command;
    if (!plan || command == null || plan.command !== command) continue;
    await setReleaseComponent(tx, { orgId: from.orgId, releaseId, componentId }, { plan: { ...plan, command: null } });
  }
}
