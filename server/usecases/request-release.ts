/** Requests a release: the snapshot is written once, gets its number and waits in the region's queue. */
import { and, count, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { writeAudit } from '#server/db/audit.ts';
import { databaseNow } from '#server/db/now.ts';
import { applyEvent, insertQueued, supersedeWaiting } from '#server/db/releases.ts';
import { deployments, drafts } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { kindRules, type ReleaseKind, waitingStates } from '#server/domain/release-machine.ts';
import type { Failure, ReleaseTrigger } from '#server/domain/release.ts';
import type { ReleaseRequested } from '#server/domain/views/releases.ts';
import { AppError, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg } from '#server/usecases/context.ts';
import { planSnapshot, type ReleaseContext, type RequestKind, type ResolvedSnapshot, resolveSnapshot, type SnapshotPlan } from '#server/usecases/plan-snapshot.ts'; // prettier-ignore

export interface RequestReleaseInput {
  deploymentId: string;
  kind: RequestKind;
  /** The draft that was shown; another one in between is a conflict. Not for `trigger`, which leaves the draft out. */
  draftRevision?: number | undefined;
  note?: string | undefined;
  /** Who or what asked, when it was not the person by hand. */
  trigger?: ReleaseTrigger;
}

const resolveLimitMs = 30_000;
const waitingLimit = 20;
/** Kinds that a newer request makes pointless while they wait. */
const replaceable: readonly ReleaseKind[] = ['deploy', 'configuration'];

/**
 * @throws AppError forbidden, not_found, bad_input (what to mend), conflict (the draft changed, nothing live, not running),
 * too_many, unavailable
 */
export async function requestRelease(ctx: ReleaseContext, input: RequestReleaseInput): Promise<ReleaseRequested> {
  authorize(ctx, 'release.create');
  const plan = await planSnapshot(ctx, input.deploymentId, input.kind);
  assertRevision(input, plan.draftRevision);
  const resolved = await resolveSnapshot(ctx, plan, AbortSignal.timeout(resolveLimitMs));
  return inOrg(ctx, (tx) => write(ctx, tx, input, plan, resolved));
}

function assertRevision(input: RequestReleaseInput, revision: number): void {
  if (input.kind === 'trigger' || input.draftRevision === undefined || input.draftRevision === revision) return;
  throw new AppError(
    'conflict',
    'The draft was changed meanwhile. Look at what would be deployed, then deploy again.',
    {
      field: 'draftRevision',
    },
  );
}

async function write(
  ctx: ReleaseContext,
  tx: Tx,
  input: RequestReleaseInput,
  plan: SnapshotPlan,
  { snapshot, failure }: ResolvedSnapshot,
): Promise<ReleaseRequested> {
  const { orgId, userId } = ctx.actor;
  const { deployment } = plan;
  const [draft] = await tx
    .select({ revision: drafts.revision })
    .from(drafts)
    .where(and(eq(drafts.deploymentId, deployment.id), eq(drafts.orgId, orgId)))
    .for('update');
  if (input.kind !== 'trigger' && draft?.revision !== plan.draftRevision)
    assertRevision({ ...input, draftRevision: plan.draftRevision }, draft?.revision ?? 0);
  await assertNotTooMany(tx, orgId, deployment.id);
  const number = await nextNumber(tx, orgId, deployment.id);
  const kind: ReleaseKind = input.kind === 'configuration' ? 'configuration' : 'deploy';
  const id = newId('release');
  const trigger = input.trigger ?? { by: 'person' as const, ...(input.note ? { note: input.note } : {}) };
  await insertQueued(tx, {
    id, orgId, projectId: deployment.projectId, deploymentId: deployment.id, regionId: deployment.regionId, number, kind,
    lane: kindRules[kind].lane, snapshot, trigger, requestedBy: userId,
    draftRevision: input.kind === 'trigger' ? null : plan.draftRevision,
  }); // prettier-ignore
  // One that cannot run makes none of those pointless that wait.
  if (failure) await failAtOnce(tx, id, orgId, failure);
  else
    await supersedeWaiting(tx, databaseNow, {
      orgId,
      deploymentId: deployment.id,
      releaseId: id,
      kinds: replaceable,
      pushesOnly: trigger.by === 'push',
    });
  await writeAudit(tx, {
    orgId, actorId: userId, action: 'release.request', resourceKind: 'release', resourceId: id, data: { deploymentId: deployment.id, number, kind: input.kind },
  }); // prettier-ignore
  return { releaseId: id, number };
}

async function assertNotTooMany(tx: Tx, orgId: string, deploymentId: string): Promise<void> {
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

async function nextNumber(tx: Tx, orgId: string, deploymentId: string): Promise<number> {
  const [row] = await tx
    .update(deployments)
    .set({ releaseCounter: sql`${deployments.releaseCounter} + 1` })
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)))
    .returning({ number: deployments.releaseCounter });
  if (!row) throw notFound();
  return row.number;
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
    lastLines: [],
    fix: error.code === 'ref_missing' || error.code === 'repository_empty' ? { kind: 'setting', componentId, path: 'ref.name' } : { kind: 'credential', repositoryId },
  }; // prettier-ignore
  await applyEvent(tx, databaseNow, { release, event: 'fail', patch: { failure } });
}
