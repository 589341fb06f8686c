/** Variables are written as versions: a change closes the old row and adds one, because releases refer to rows. */
import { and, eq, inArray, isNotNull, isNull, type SQL } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { recordEvent, recordProjectEvent } from '#server/db/events.ts';
import { findComponent } from '#server/db/projects.ts';
import { variables } from '#server/db/schema/projects.ts';
import { assertTarget, atTarget, currentOf, type VariableTarget } from '#server/db/variables.ts';
import { databaseKinds, databaseOf } from '#server/domain/databases.ts';
import { limits } from '#server/domain/limits.ts';
import { platformVariables } from '#server/domain/variables.ts';
import type { VariableUse } from '#server/domain/words.ts';
import { badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { seal, unseal } from '#server/secret.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { hintOf } from '#server/usecases/manage-credentials.ts';
import { assertQuota } from '#server/usecases/quota.ts';

export interface VariableEntry {
  key: string;
  value: string;
  isSecret: boolean;
  use: VariableUse;
}

/** Names that the platform sets (R26). */
export const isReserved = (key: string): boolean =>
  (platformVariables as readonly string[]).includes(key) || key.startsWith('SLIPWAY_');

/** @throws AppError bad_input naming the entry's field. */
function assertEntries(entries: readonly VariableEntry[]): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const field = `entries.${index}`;
    if (isReserved(entry.key)) throw badInput(`${field}.key`, `${entry.key} is set by the platform.`);
    if (seen.has(entry.key)) throw badInput(`${field}.key`, `${entry.key} is given twice.`);
    seen.add(entry.key);
    // A build value stands in the image's history, where whoever has the image reads it.
    if (entry.isSecret && entry.use !== 'run') throw badInput(`${field}.use`, 'A secret is for run only: build values stay readable in the image.'); // prettier-ignore
  }
}

/** A database has one variable of its own: its password, in a form that fits into an address. @throws AppError bad_input */
async function assertDatabaseEntries(
  tx: Tx,
  orgId: string,
  target: VariableTarget,
  entries: readonly VariableEntry[],
): Promise<void> {
  const component = target.componentId === null ? null : await findComponent(tx, orgId, target.componentId);
  const database = databaseOf(component?.image ?? null);
  if (!database) return;
  const { password, title } = databaseKinds[database.engine];
  for (const [index, { key, value, isSecret }] of entries.entries()) {
    if (key !== password || !isSecret) throw badInput(`entries.${index}.key`, `${title} has one variable of its own, the secret ${password}.`); // prettier-ignore
    if (!/^[A-Za-z0-9_-]{16,200}$/.test(value)) throw badInput(`entries.${index}.value`, 'From 16 to 200 letters, digits, - and _.'); // prettier-ignore
  }
}

/** Writes those entries that differ from what is there. Answers how many. @throws AppError bad_input, too_many */
export async function insertVariables(
  ctx: UseCaseContext,
  tx: Tx,
  target: VariableTarget,
  entries: readonly VariableEntry[],
): Promise<number> {
  assertEntries(entries);
  const { orgId, userId } = ctx.actor;
  const current = new Map((await currentOf(tx, orgId, target)).map((row) => [row.key, row]));
  const isSame = (entry: VariableEntry): boolean => {
    const row = current.get(entry.key);
    if (!row || row.use !== entry.use || (row.isSecret === 'yes') !== entry.isSecret) return false;
    return unseal(ctx.keys.variables, `${orgId}/${row.id}`, row.sealed).reveal() === entry.value;
  };
  const changed = entries.filter((entry) => !isSame(entry));
  if (changed.length === 0) return 0;
  const replaced = changed.flatMap((entry) => current.get(entry.key)?.id ?? []);
  await assertQuota(
    tx,
    { scope: `variables:${target.projectId}`, what: 'variables per project', limit: limits.variablesPerProject, adding: changed.length - replaced.length },
    () => tx.$count(variables, and(eq(variables.orgId, orgId), eq(variables.projectId, target.projectId), isNull(variables.replacedAt))),
  ); // prettier-ignore
  await close(ctx, tx, inArray(variables.id, replaced));
  await tx.insert(variables).values(
    changed.map(({ key, value, isSecret, use }) => {
      const id = newId('variable');
      return {
        id, orgId, ...target, key, use, isSecret: isSecret ? ('yes' as const) : ('no' as const),
        sealed: seal(ctx.keys.variables, `${orgId}/${id}`, value), hint: isSecret ? hintOf(value) : '', createdBy: userId,
      };
    }),
  ); // prettier-ignore
  return changed.length;
}
async function close(ctx: UseCaseContext, tx: Tx, which: SQL): Promise<void> {
  await tx.update(variables).set({ replacedAt: ctx.clock.now() }).where(and(eq(variables.orgId, ctx.actor.orgId), which)); // prettier-ignore
}

async function announce(
  ctx: UseCaseContext,
  tx: Tx,
  target: VariableTarget,
  data: Record<string, unknown>,
): Promise<void> {
  const { orgId, userId: actorId } = ctx.actor;
  const event = { orgId, projectId: target.projectId, kind: 'variables.changed', actorId, data };
  if (target.deploymentId === null) await recordProjectEvent(tx, event);
  else await recordEvent(tx, { ...event, deploymentId: target.deploymentId });
  await writeAudit(tx, { orgId, actorId, action: 'variables.change', resourceKind: 'project', resourceId: target.projectId, data }); // prettier-ignore
}

/** Every earlier value of these keys at this place: whatever still refers to one gets the current value from now on. */
async function revokeEarlier(ctx: UseCaseContext, tx: Tx, target: VariableTarget, keys: string[]): Promise<void> {
  await tx
    .update(variables)
    .set({ revokedAt: ctx.clock.now() })
    .where(
      and(
        atTarget(ctx.actor.orgId, target),
        inArray(variables.key, keys),
        isNotNull(variables.replacedAt),
        isNull(variables.revokedAt),
      ),
    );
}

/**
 * Sets variables of a project, a deployment or a component of a deployment. They take effect with the next release.
 * With `revoke` the values that they replace, and all before, are never used again, also not by a restart or a rollback.
 * @throws AppError not_found, bad_input, too_many
 */
export async function setVariables(
  ctx: UseCaseContext,
  input: { entries: VariableEntry[]; revoke?: boolean } & Parameters<typeof assertTarget>[2],
): Promise<{ changed: number }> {
  authorize(ctx, 'variable.write');
  return inOrg(ctx, async (tx) => {
    const target = await assertTarget(tx, ctx.actor.orgId, input);
    await assertDatabaseEntries(tx, ctx.actor.orgId, target, input.entries);
    const keys = input.entries.map((entry) => entry.key);
    const changed = await insertVariables(ctx, tx, target, input.entries);
    if (input.revoke) {
      if (changed < keys.length) throw badInput('entries.0.value', 'Give a new value: the one in force is to be revoked.'); // prettier-ignore
      await revokeEarlier(ctx, tx, target, keys);
    }
    if (changed > 0) await announce(ctx, tx, target, { set: keys, ...(input.revoke ? { revoked: keys } : {}) });
    return { changed };
  });
}

/** Releases that refer to the value keep it. @throws AppError not_found */
export async function removeVariable(ctx: UseCaseContext, input: { variableId: string }): Promise<{ id: string }> {
  authorize(ctx, 'variable.write');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const [row] = await tx
      .select({ projectId: variables.projectId, scope: variables.scope, deploymentId: variables.deploymentId, componentId: variables.componentId, key: variables.key })
      .from(variables)
      .where(and(eq(variables.orgId, orgId), eq(variables.id, input.variableId), isNull(variables.replacedAt)))
      .limit(1); // prettier-ignore
    if (!row) throw notFound();
    await close(ctx, tx, eq(variables.id, input.variableId));
    await announce(ctx, tx, row, { removed: [row.key] });
    return { id: input.variableId };
  });
}
