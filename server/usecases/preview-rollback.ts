/** What a rollback would do, before anybody decides. Writes nothing. */
import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { endedByRollback, hooksSince } from '#server/db/rollbacks.ts';
import { variables } from '#server/db/schema/projects.ts';
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { rollbackSnapshot, snapshotCodeChanges, snapshotComponentChanges, snapshotVariableChanges } from '#server/domain/rollback.ts'; // prettier-ignore
import type { RollbackPreview } from '#server/domain/views/releases.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { loadRollback } from '#server/usecases/request-rollback.ts';
import { restorableReleases, rollbackRefusals } from '#server/db/rollback-offer.ts';

/** Values of the snapshot that were revoked since, and whether another one takes their place. */
async function revokedValues(tx: Tx, orgId: string, snapshot: ReleaseSnapshot): Promise<RollbackPreview['revoked']> {
  const ids = [...new Set(snapshot.components.flatMap((one) => one.variables.map((variable) => variable.variableId)))];
  if (ids.length === 0) return [];
  const rows = await tx
    .select()
    .from(variables)
    .where(and(eq(variables.orgId, orgId), inArray(variables.id, ids), isNotNull(variables.revokedAt)));
  if (rows.length === 0) return [];
  const current = await tx
    .select()
    .from(variables)
    .where(and(eq(variables.orgId, orgId), inArray(variables.key, rows.map((row) => row.key)), isNull(variables.replacedAt), isNull(variables.revokedAt))); // prettier-ignore
  return rows.map((row) => ({
    key: row.key,
    component: snapshot.components.find((one) => one.componentId === row.componentId)?.name ?? null,
    isReplaced: current.some((one) => one.key === row.key && one.scope === row.scope && one.projectId === row.projectId && one.deploymentId === row.deploymentId && one.componentId === row.componentId), // prettier-ignore
  }));
}

/** @throws AppError forbidden, not_found */
export function previewRollback(ctx: UseCaseContext, input: { releaseId: string }): Promise<RollbackPreview> {
  authorize(ctx, 'release.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const { deployment, target, live } = await loadRollback(tx, orgId, input.releaseId);
    const { liveReleaseId, power } = deployment;
    const refusals = await rollbackRefusals(tx, orgId, [{ ...target, liveReleaseId, power }]);
    const now = live?.snapshot ?? { components: [] };
    const next = rollbackSnapshot(target.snapshot, now);
    const ended = await endedByRollback(tx, deployment, false);
    return {
      releaseId: target.id,
      number: target.number,
      liveNumber: live?.number ?? null,
      refusal: refusals.get(target.id) ?? null,
      restorable: (await restorableReleases(tx, deployment)).flatMap((row) => row.number ?? []),
      code: snapshotCodeChanges(now, next),
      components: snapshotComponentChanges(now, next),
      variables: snapshotVariableChanges(now, next),
      revoked: await revokedValues(tx, orgId, next),
      keptAddOns: next.components.filter((one) => one.kind === 'add-on').map((one) => one.name),
      hooksSince: target.liveAt ? await hooksSince(tx, orgId, deployment.id, target.liveAt) : 0,
      ends: ended.map(({ id, number, kind, state }) => ({ releaseId: id, number, kind, state })),
      isPaused: deployment.autoPausedReason !== null,
    };
  });
}
