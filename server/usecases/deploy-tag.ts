/** Deploys a tag: the same commits, with the settings and variables of each deployment that it goes to. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import { lockDeployment } from '#server/db/clear-the-way.ts';
import type { Tx } from '#server/db/client.ts';
import { findTag, type TagRow } from '#server/db/tags.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { tags } from '#server/db/schema/tags.ts';
import type { TagComponent } from '#server/domain/tags.ts';
import type { TagCreated } from '#server/domain/views/tags.ts';
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg } from '#server/usecases/context.ts';
import { planSnapshot, type ReleaseContext, resolveSnapshot, type SnapshotPlan } from '#server/usecases/plan-snapshot.ts'; // prettier-ignore
import { assertDraft, draftChanged, writeRelease } from '#server/usecases/write-release.ts';

export interface TagTarget {
  deploymentId: string;
  /** The draft whose settings were shown. */
  draftRevision?: number | undefined;
}
export interface PlannedTarget {
  plan: SnapshotPlan;
  snapshot: ReleaseSnapshot;
}
const lookupLimitMs = 10_000;

/**
 * Plans the frozen code for each deployment; one that cannot take it refuses all of them.
 * @throws AppError not_found (also for deployments of another project), conflict (draft changed, a component is missing,
 * not running), bad_input
 */
export async function planTargets(
  ctx: ReleaseContext,
  of: { projectId: string; frozen: readonly TagComponent[]; targets: readonly TagTarget[] },
): Promise<PlannedTarget[]> {
  if (new Set(of.targets.map((target) => target.deploymentId)).size < of.targets.length)
    throw badInput('targets', 'A deployment is there twice.');
  const planned: PlannedTarget[] = [];
  for (const target of of.targets) {
    const plan = await planSnapshot(ctx, target.deploymentId, 'deploy', of.frozen);
    if (plan.deployment.projectId !== of.projectId) throw notFound();
    if ((target.draftRevision ?? plan.draftRevision) !== plan.draftRevision) throw draftChanged();
    const missing = plan.components.find((one) => one.from.kind === 'missing');
    if (missing)
      throw new AppError('conflict', `${plan.deployment.name} has ${missing.name}, which the tag has no code for: it was added later.`); // prettier-ignore
    const { snapshot, failure } = await resolveSnapshot(ctx, plan, AbortSignal.timeout(lookupLimitMs));
    if (failure) throw new AppError('conflict', `${failure.error.message} ${failure.error.advice}`);
    planned.push({ plan, snapshot });
  }
  return planned;
}

/** Writes a release per target, in the caller's transaction. @throws AppError conflict (a draft changed), too_many */
export async function writeTargets(
  ctx: ReleaseContext,
  tx: Tx,
  tag: { id: string; name: string },
  targets: readonly PlannedTarget[],
): Promise<TagCreated['releases']> {
  const { orgId, userId } = ctx.actor;
  const written: TagCreated['releases'] = [];
  // In one order, and every row before the first event: numbers of events are given under a lock of the organization.
  const ordered = targets.toSorted((a, b) => (a.plan.deployment.id < b.plan.deployment.id ? -1 : 1));
  for (const { plan } of ordered) await lockDeployment(tx, plan.deployment.id);
  for (const { plan } of ordered) await assertDraft(tx, orgId, plan.deployment.id, plan.draftRevision);
  await holdDeployments(tx, orgId, ordered.map(({ plan }) => plan.deployment.id)); // prettier-ignore
  for (const { plan, snapshot } of ordered) {
    const { deployment, draftRevision } = plan;
    const made = await writeRelease(tx, {
      deployment, kind: 'tag-and-deploy', snapshot, failure: null, trigger: { by: 'person' }, requestedBy: userId, draftRevision, tagId: tag.id, audit: { tag: tag.name },
    }); // prettier-ignore
    written.push({ deploymentId: deployment.id, ...made });
  }
  return written;
}

async function holdDeployments(tx: Tx, orgId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.orgId, orgId), inArray(deployments.id, [...ids])))
    .orderBy(asc(deployments.id))
    .for('update');
}

/** @throws AppError forbidden, not_found, conflict, bad_input, too_many */
export async function deployTag(
  ctx: ReleaseContext,
  input: { tagId: string; targets: readonly TagTarget[] },
): Promise<TagCreated> {
  authorize(ctx, 'release.create');
  const { orgId } = ctx.actor;
  const tag = await inOrg(ctx, (tx) => findTag(tx, orgId, input.tagId));
  if (!tag) throw notFound();
  const planned = await planTargets(ctx, { projectId: tag.projectId, frozen: tag.components, targets: input.targets });
  return inOrg(ctx, async (tx) => {
    await holdTag(tx, orgId, tag);
    return { tagId: tag.id, name: tag.name, releases: await writeTargets(ctx, tx, tag, planned) };
  });
}

/** @throws AppError not_found when it was deleted meanwhile */
async function holdTag(tx: Tx, orgId: string, tag: TagRow): Promise<void> {
  const [row] = await tx
    .select({ id: tags.id })
    .from(tags)
    .where(and(eq(tags.orgId, orgId), eq(tags.id, tag.id)))
    .for('share');
  if (!row) throw notFound();
}
