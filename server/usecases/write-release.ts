/** Writes a release that was planned: its number, its row in the queue, and the end of the waiting ones that it makes pointless. */
import { and, count, eq, inArray } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { lockDeployment } from '#server/db/clear-the-way.ts';
import type { Tx } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { nextNumber } from '#server/db/release-numbers.ts';
import { applyEvent, insertQueued, lockWaiting, supersedeWaiting } from '#server/db/releases.ts';
import { drafts, type deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { kindRules, type ReleaseKind, waitingStates } from '#server/domain/release-machine.ts';
import type { Failure, ReleaseSnapshot, ReleaseTrigger } from '#server/domain/release.ts';
import type { ReleaseRequested } from '#server/domain/views/releases.ts';
import { AppError, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { assertPlanRoom } from '#server/usecases/plan-room.ts';
import type { ResolvedSnapshot } from '#server/usecases/plan-snapshot.ts';

const waitingLimit = 20;
/** Kinds that a newer request of one of them makes pointless while they wait. */
const replaceable: readonly ReleaseKind[] = ['deploy', 'tag-and-deploy', 'configuration', 'promotion'];

export interface NewRequest {
  deployment: Pick<typeof deployments.$inferSelect, 'id' | 'orgId' | 'projectId' | 'regionId'>;
  kind: ReleaseKind;
  snapshot: ReleaseSnapshot;
  /** The code cannot be had: the release fails at once. */
  failure: ResolvedSnapshot['failure'];
  trigger: ReleaseTrigger;
  /** Null when no person asked. */
  requestedBy: string | null;
  /** Of the draft that it brings; null when the draft is left out. */
  draftRevision: number | null;
  tagId?: string | null;
  /** For the audit log, beside deployment, number and kind. */
  audit?: Record<string, unknown>;
}

/** @throws AppError not_found, too_many */
export async function writeRelease(tx: Tx, request: NewRequest): Promise<ReleaseRequested & { number: number }> {
  const { deployment, kind, snapshot, trigger, requestedBy, failure } = request;
  const { orgId, projectId, regionId, id: deploymentId } = deployment;
  await lockDeployment(tx, deploymentId);
  await lockWaiting(tx, orgId, deploymentId);
  await assertNotTooMany(tx, orgId, deploymentId);
  if (!failure) await assertPlanRoom(tx, { orgId, deploymentId, snapshot });
  const number = await nextNumber(tx, orgId, deploymentId);
  const id = newId('release');
  await insertQueued(tx, {
    id, orgId, projectId, deploymentId, regionId, number, kind, lane: kindRules[kind].lane, snapshot, trigger, requestedBy,
    draftRevision: request.draftRevision, tagId: request.tagId ?? null,
  }); // prettier-ignore
  // One that cannot run makes none of those pointless that wait.
  if (failure) await failAtOnce(tx, id, orgId, failure);
  else
    await supersedeWaiting(tx, databaseNow, {
      orgId,
      deploymentId,
      releaseId: id,
      kinds: replaceable,
      pushesOnly: trigger.by === 'push',
    });
  await writeAudit(tx, {
    orgId, actorId: requestedBy, action: 'release.request', resourceKind: 'release', resourceId: id, data: { deploymentId, number, kind, ...request.audit },
  }); // prettier-ignore
  return { releaseId: id, number };
}

/** Holds the draft and compares it with the one that was shown. @throws AppError conflict */
export async function assertDraft(tx: Tx, orgId: string, deploymentId: string, revision: number): Promise<void> {
  const [draft] = await tx
    .select({ revision: drafts.revision })
    .from(drafts)
    .where(and(eq(drafts.deploymentId, deploymentId), eq(drafts.orgId, orgId)))
    .for('update');
  if (draft?.revision !== revision) throw draftChanged();
}
export const draftChanged = (): AppError =>
  new AppError('conflict', 'The draft was changed meanwhile. Look at what would be deployed, then deploy again.', {
    field: 'draftRevision',
  });

/** @throws AppError too_many */
export async function assertNotTooMany(tx: Tx, orgId: string, deploymentId: string): Promise<void> {
  const [row] = await tx
    .select({ waiting: count() })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), eq(releases.deploymentId, deploymentId), inArray(releases.state, [...waitingStates]))); // prettier-ignore
  if ((row?.waiting ?? 0) >= waitingLimit)
    throw new AppError(
      'too_many',
      `${waitingLimit} releases of this deployment wait already. Abort some of them first.`,
    );
}

/** The code cannot be had: the release has its number and its reason, and the link that mends it. */
async function failAtOnce(
  tx: Tx,
  id: string,
  orgId: string,
  { componentId, repositoryId, error }: ResolvedSnapshot['failure'] & object,
): Promise<void> {
  const [release] = await tx
    .select()
    .from(releases)
    .where(and(eq(releases.id, id), eq(releases.orgId, orgId)));
  if (!release) throw notFound();
  const failure: Failure = {
    phase: 'fetching',
    code: error.code,
    message: error.message,
    advice: error.advice,
    componentId,
    lastLines: error.lines,
    fix: error.code === 'manifest_invalid' ? { kind: 'retry' } : error.code === 'ref_missing' || error.code === 'repository_empty' ? { kind: 'setting', componentId, path: 'ref.name' } : { kind: 'credential', repositoryId },
  }; // prettier-ignore
  await applyEvent(tx, databaseNow, { release, event: 'fail', patch: { failure } });
}
