/**
 * Operations that people ask for: restart, scale, suspend, resume. They make no release; the engine walks them like one.
 * Each says beforehand what it will do.
 */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { lockDeployment, supersedeAll } from '#server/db/clear-the-way.ts';
import type { Tx } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { insertQueued } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { applyScale, operationEffects, type PersonOperation } from '#server/domain/operations.ts';
import { activeStates, kindRules, type ReleaseState, waitingStates } from '#server/domain/release-machine.ts';
import type { ReleaseSnapshot, ScaleChange } from '#server/domain/release.ts';
import type { OperationPreview, ReleaseRequested } from '#server/domain/views/releases.ts';
import { AppError, badInput } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { type OperationInput, type OperationSubject, operationSubject } from '#server/usecases/operation-subject.ts';
import { assertPlanRoom } from '#server/usecases/plan-room.ts';
import { assertNotTooMany } from '#server/usecases/write-release.ts';

/** What the operation would do now, and why it cannot be done. Writes nothing. @throws AppError forbidden, not_found */
export function previewOperation(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: OperationInput,
): Promise<OperationPreview> {
  authorize(ctx, 'release.read');
  return inOrg(ctx, async (tx) => {
    const { facts, refusal, ends } = await operationSubject(tx, ctx.actor.orgId, input, false);
    return {
      kind: input.kind,
      refusal,
      effects: refusal === null ? operationEffects(facts) : [],
      ends: ends.map(({ id, number, kind, state }) => ({ releaseId: id, number, kind, state })),
    };
  });
}

/**
 * The same operation that waits or works already is answered again.
 * @throws AppError forbidden, not_found, conflict (it cannot be done now: the reason), bad_input (no such component), too_many
 */
export function operateDeployment(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: OperationInput,
): Promise<ReleaseRequested> {
  authorize(ctx, 'deployment.operate');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    await lockDeployment(tx, input.deploymentId);
    const subject = await operationSubject(tx, orgId, input, true);
    const { deployment, live, ends, refusal } = subject;
    const again = await underWay(tx, orgId, input);
    if (again !== null) return { releaseId: again, number: null };
    if (refusal !== null) throw refused(input.kind, refusal);
    if (!live) throw new AppError('conflict', 'Nothing is live yet: deploy first.');
    await assertNotTooMany(tx, orgId, deployment.id);
    if (input.kind === 'scale' || input.kind === 'resume')
      await assertPlanRoom(tx, { orgId, deploymentId: deployment.id, snapshot: wantedSnapshot(live, input) });
    // First of all writes: whoever holds the deployment's row may wait for the number of an event.
    const power = powerAfter[input.kind];
    if (power !== null)
      await tx
        .update(deployments)
        .set({ power })
        .where(and(eq(deployments.id, deployment.id), eq(deployments.orgId, orgId)));
    const id = await queue(tx, subject, input, userId);
    await supersedeAll(tx, databaseNow, ends, { releaseId: id, actorId: userId });
    await writeAudit(tx, {
      orgId, actorId: userId, action: `deployment.${input.kind}`, resourceKind: 'deployment', resourceId: deployment.id,
      data: { ...(input.componentIds ? { componentIds: input.componentIds } : {}), ...(input.scale ? { scale: input.scale } : {}) },
    }); // prettier-ignore
    return { releaseId: id, number: null };
  });
}

/** What people want from now on; the engine follows. */
const powerAfter: Record<PersonOperation, 'running' | 'suspended' | null> = {
  restart: null,
  scale: null,
  suspend: 'suspended',
  resume: 'running',
};

const refused = (kind: PersonOperation, refusal: string): AppError =>
  refusal.startsWith('Only components') || refusal.endsWith('no instances running')
    ? badInput(kind === 'scale' ? 'changes' : 'componentIds', `${refusal}.`)
    : new AppError('conflict', `${refusal}.`);

/** What runs after it, so that the plan counts it from now on. */
const wantedSnapshot = ({ snapshot }: { snapshot: ReleaseSnapshot }, { scale }: OperationInput): ReleaseSnapshot =>
  scale ? applyScale(snapshot, scale) : snapshot;

async function queue(
  tx: Tx,
  { deployment, live }: OperationSubject,
  input: OperationInput,
  userId: string,
): Promise<string> {
  const { orgId, projectId, regionId, id: deploymentId } = deployment;
  const components = live ? wantedSnapshot(live, input).components : [];
  const affects = [...(input.scale?.map((one) => one.componentId) ?? input.componentIds ?? components.map((one) => one.componentId))]; // prettier-ignore
  const id = newId('release');
  await insertQueued(tx, {
    id, orgId, projectId, deploymentId, regionId, number: null, kind: input.kind, lane: kindRules[input.kind].lane,
    snapshot: { components, affects, ...(input.scale ? { scale: input.scale } : {}) }, trigger: { by: 'person' }, requestedBy: userId,
  }); // prettier-ignore
  return id;
}

const isSameScale = (a: readonly ScaleChange[], b: readonly ScaleChange[]): boolean =>
  a.length === b.length &&
  a.every((one, index) => {
    const other = b[index];
    return (
      one.componentId === other?.componentId &&
      one.instances === other.instances &&
      one.cpuMillis === other.cpuMillis &&
      one.memoryMib === other.memoryMib
    );
  });

/** The same operation, as long as it can still bring what is asked for: one that works already brings a restart too late. */
async function underWay(tx: Tx, orgId: string, input: OperationInput): Promise<string | null> {
  const states: readonly ReleaseState[] = input.kind === 'restart' || input.kind === 'scale' ? waitingStates : [...waitingStates, ...activeStates]; // prettier-ignore
  const rows = await tx
    .select({ id: releases.id, snapshot: releases.snapshot })
    .from(releases)
    .where(
      and(
        eq(releases.orgId, orgId),
        eq(releases.deploymentId, input.deploymentId),
        eq(releases.kind, input.kind),
        inArray(releases.state, [...states]),
        sql`${releases.state} <> 'cancelling'`,
        isNull(releases.failure),
      ),
    );
  const same = rows.find(({ snapshot }) => {
    if (input.kind === 'scale') return isSameScale(snapshot.scale ?? [], input.scale ?? []);
    if (input.kind !== 'restart') return true;
    const wanted = input.componentIds ?? snapshot.components.map((one) => one.componentId);
    return wanted.every((id) => snapshot.affects?.includes(id));
  });
  return same?.id ?? null;
}
