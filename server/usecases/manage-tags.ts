/** Tags of a project: making one of what a draft means now or of a release, listing and deleting them. */
import { and, eq, isNull } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { recordEvent } from '#server/db/events.ts';
import { findProject } from '#server/db/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { tags } from '#server/db/schema/tags.ts';
import { listTagImages, listTagReleases, listTagRows, type TagRow } from '#server/db/tags.ts';
import { limits } from '#server/domain/limits.ts';
import { isOperation } from '#server/domain/release-machine.ts';
import { frozenOf, nextTagName, type TagComponent } from '#server/domain/tags.ts';
import type { TagComponentView, TagCreated, TagList, TagReleaseView, TagView } from '#server/domain/views/tags.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { planTargets, type TagTarget, writeTargets } from '#server/usecases/deploy-tag.ts';
import { planSnapshot, type ReleaseContext, resolveSnapshot } from '#server/usecases/plan-snapshot.ts';
import { assertQuota } from '#server/usecases/quota.ts';
import { assertShownCode, type ShownCommit } from '#server/usecases/shown-code.ts';
import { draftChanged } from '#server/usecases/write-release.ts';

const shownReleases = 20;
const resolveLimitMs = 30_000;

type ReleaseRows = Awaited<ReturnType<typeof listTagReleases>>;
type ImageRows = Awaited<ReturnType<typeof listTagImages>>;

const componentView = (component: TagComponent, built: boolean): TagComponentView => {
  const { componentId, name, source } = component;
  if (source.kind === 'image') return { componentId, name, commit: null, image: source.reference, built };
  const { commit, message, author, refName } = source;
  return { componentId, name, commit: { componentId, component: name, commit, message, author, refName }, image: null, built }; // prettier-ignore
};
function tagView(row: TagRow, releaseRows: ReleaseRows, images: ImageRows): TagView {
  const built = new Set(images.filter((image) => image.tagId === row.id).map((image) => image.componentId));
  return {
    id: row.id,
    name: row.name,
    notes: row.notes,
    components: row.components.map((component) => componentView(component, built.has(component.componentId))),
    releases: releaseRows
      .filter((release) => release.tagId === row.id)
      .slice(0, shownReleases)
      .map(({ id, tagId: _tag, liveReleaseId, createdAt: _at, ...release }): TagReleaseView => ({ ...release, releaseId: id, isLive: id === liveReleaseId })), // prettier-ignore
    createdAt: row.createdAt,
    createdBy: row.createdById ? { id: row.createdById, name: row.createdByName ?? '' } : null,
  };
}

/** By the project's id or slug, newest first. @throws AppError not_found */
export function listTags(ctx: UseCaseContext, input: { project: string }): Promise<TagList> {
  authorize(ctx, 'release.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.project);
    if (!project) throw notFound();
    const rows = await listTagRows(tx, orgId, project.id);
    const ids = rows.map((row) => row.id);
    const shipped = ids.length === 0 ? [] : await listTagReleases(tx, orgId, ids);
    const images = ids.length === 0 ? [] : await listTagImages(tx, orgId, ids);
    return { tags: rows.map((row) => tagView(row, shipped, images)), nextName: nextTagName(rows[0]?.name) };
  });
}

export interface CreateTagInput {
  name: string;
  notes: string;
  from:
    | {
        kind: 'draft';
        deploymentId: string;
        draftRevision?: number | undefined;
        commits?: readonly ShownCommit[] | undefined;
      }
    | { kind: 'release'; releaseId: string };
  /** Deploys it at once: all of them, or nothing is written. */
  targets: readonly TagTarget[];
}
interface Frozen {
  projectId: string;
  deploymentId: string;
  components: TagComponent[];
  releaseId: string | null;
}

/**
 * Freezes what the draft's refs mean now, or what a release shipped, under a name that is unique in the project.
 * @throws AppError forbidden, not_found, bad_input (name taken, what to mend), conflict, too_many, unavailable
 */
export async function createTag(ctx: ReleaseContext, input: CreateTagInput): Promise<TagCreated> {
  authorize(ctx, 'release.create');
  const { orgId, userId } = ctx.actor;
  const frozen = input.from.kind === 'draft' ? await freezeDraft(ctx, input.from) : await freezeRelease(ctx, input.from.releaseId); // prettier-ignore
  const { projectId, components } = frozen;
  const planned = await planTargets(ctx, { projectId, frozen: components, targets: input.targets });
  return inOrg(ctx, async (tx) => {
    const tag = { id: newId('tag'), name: input.name };
    await assertQuota(tx, { scope: `tags:${projectId}`, what: 'tags per project', limit: limits.tagsPerProject }, () =>
      tx.$count(tags, and(eq(tags.orgId, orgId), eq(tags.projectId, projectId))),
    );
    const made = await tx
      .insert(tags)
      .values({ ...tag, orgId, projectId, notes: input.notes, components, createdBy: userId })
      .onConflictDoNothing()
      .returning({ id: tags.id });
    if (made.length === 0) throw badInput('name', 'The project has a tag of this name.');
    if (frozen.releaseId !== null) await nameRelease(tx, orgId, frozen.releaseId, tag.id);
    const written = await writeTargets(ctx, tx, tag, planned);
    await recordEvent(tx, { orgId, projectId, deploymentId: frozen.deploymentId, kind: 'tag.created', actorId: userId, data: { name: tag.name } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'tag.create', resourceKind: 'tag', resourceId: tag.id, data: { name: tag.name, from: input.from.kind } }); // prettier-ignore
    return { tagId: tag.id, name: tag.name, releases: written };
  });
}

async function freezeDraft(
  ctx: ReleaseContext,
  from: Extract<CreateTagInput['from'], { kind: 'draft' }>,
): Promise<Frozen> {
  const plan = await planSnapshot(ctx, from.deploymentId, 'deploy');
  if ((from.draftRevision ?? plan.draftRevision) !== plan.draftRevision) throw draftChanged();
  const { snapshot, failure } = await resolveSnapshot(ctx, plan, AbortSignal.timeout(resolveLimitMs));
  if (failure) throw new AppError('conflict', `${failure.error.message} ${failure.error.advice}`);
  assertShownCode(snapshot, from.commits);
  return { projectId: plan.deployment.projectId, deploymentId: plan.deployment.id, components: frozenOf(snapshot), releaseId: null }; // prettier-ignore
}

const freezeRelease = (ctx: ReleaseContext, releaseId: string): Promise<Frozen> =>
  inOrg(ctx, async (tx) => {
    const [row] = await tx
      .select({ projectId: releases.projectId, deploymentId: releases.deploymentId, kind: releases.kind, outcome: releases.outcome, snapshot: releases.snapshot, tagId: releases.tagId })
      .from(releases)
      .where(and(eq(releases.orgId, ctx.actor.orgId), eq(releases.id, releaseId))); // prettier-ignore
    if (!row) throw notFound();
    if (row.tagId !== null) throw new AppError('conflict', 'This release has a tag already.');
    if (row.outcome !== 'live' || isOperation(row.kind))
      throw new AppError('conflict', 'Only a release that is or was live can be tagged.');
    return { projectId: row.projectId, deploymentId: row.deploymentId, components: frozenOf(row.snapshot), releaseId };
  });

async function nameRelease(tx: Tx, orgId: string, releaseId: string, tagId: string): Promise<void> {
  const named = await tx
    .update(releases)
    .set({ tagId })
    .where(and(eq(releases.orgId, orgId), eq(releases.id, releaseId), isNull(releases.tagId)))
    .returning({ id: releases.id });
  if (named.length === 0) throw new AppError('conflict', 'This release has a tag already.');
}

/** The name goes; releases that ship its commits stay as they are. @throws AppError forbidden, not_found */
export function deleteTag(ctx: UseCaseContext, input: { tagId: string }): Promise<{ id: string }> {
  authorize(ctx, 'release.create');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const [row] = await tx
      .delete(tags)
      .where(and(eq(tags.orgId, orgId), eq(tags.id, input.tagId)))
      .returning({ id: tags.id, name: tags.name });
    if (!row) throw notFound();
    await writeAudit(tx, { orgId, actorId: userId, action: 'tag.delete', resourceKind: 'tag', resourceId: row.id, data: { name: row.name } }); // prettier-ignore
    return { id: row.id };
  });
}
