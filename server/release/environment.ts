/** The environment of a release's components: values unsealed at the moment of use, references resolved. */
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import { variables } from '#server/db/schema/projects.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { namedDatabase, withDatabases } from '#server/domain/databases.ts';
import { publicUrl } from '#server/domain/routes.ts';
import { releaseById } from '#server/db/publications.ts';
import { effectiveVariables, type ResolvedEnvironment, resolveVariables, type VariableProblem } from '#server/domain/variables.ts'; // prettier-ignore
import type { StepContext } from '#server/release/engine.ts';
import { unseal } from '#server/secret.ts';

type VariableRow = typeof variables.$inferSelect;

/**
 * Rows of a snapshot by their id. A revoked value is replaced by the current one of the same place, in every snapshot; one
 * without a successor is left out, which is a problem of the release and never an instance without the variable.
 */
async function rowsOf(ctx: StepContext): Promise<Map<string, VariableRow>> {
  const ids = [
    ...new Set(ctx.release.snapshot.components.flatMap((one) => one.variables.map((variable) => variable.variableId))),
  ];
  if (ids.length === 0) return new Map();
  const rows = await ctx.engine.db
    .select()
    .from(variables)
    .where(and(eq(variables.orgId, ctx.release.orgId), inArray(variables.id, ids)));
  const found = new Map(rows.map((row) => [row.id, row]));
  // A database's password is not part of what a rollback brings back.
  const addOns = new Set(ctx.release.snapshot.components.filter((one) => one.kind === 'add-on').map((one) => one.componentId)); // prettier-ignore
  const revoked = rows.filter((row) => row.revokedAt !== null || (row.replacedAt !== null && row.scope === 'component' && addOns.has(row.componentId ?? ''))); // prettier-ignore
  if (revoked.length === 0) return found;
  const current = await ctx.engine.db
    .select()
    .from(variables)
    .where(
      and(
        eq(variables.orgId, ctx.release.orgId),
        eq(variables.projectId, ctx.release.projectId),
        isNull(variables.replacedAt),
        isNull(variables.revokedAt),
        or(...revoked.map((row) => eq(variables.key, row.key))),
      ),
    );
  for (const row of revoked) {
    const next = current.find(
      (one) =>
        one.key === row.key &&
        one.scope === row.scope &&
        one.deploymentId === row.deploymentId &&
        one.componentId === row.componentId,
    );
    if (next) found.set(row.id, next);
    else found.delete(row.id);
  }
  return found;
}

export interface Environments {
  of(componentName: string): ResolvedEnvironment;
  problems: readonly VariableProblem[];
}

/**
 * @param ports the port of each component id, for `PORT` at run time.
 * @throws AppError internal when a stored value cannot be read with this installation's key.
 */
export async function releaseEnvironments(
  ctx: StepContext,
  target: 'build' | 'run',
  ports: ReadonlyMap<string, number | null>,
): Promise<Environments> {
  const rows = await rowsOf(ctx);
  const { orgId } = ctx.release;
  const label = await releaseLabel(ctx);
  const revoked: VariableProblem[] = [];
  const scopes = ctx.release.snapshot.components.map((component) => ({
    component: component.name,
    variables: effectiveVariables(component.variables, target).flatMap((variable) => {
      const row = rows.get(variable.variableId);
      if (!row) {
        revoked.push(revokedProblem(component.name, variable.key));
        return [];
      }
      const value = unseal(ctx.engine.keys.variables, `${orgId}/${row.id}`, row.sealed).reveal();
      return [{ key: variable.key, version: row.id, value }];
    }),
    platform: target === 'run' ? platformOf(ctx, component, label, ports.get(component.componentId) ?? null) : {},
  }));
  const databases = ctx.release.snapshot.components.flatMap(({ name, source }) => namedDatabase(name, source.kind === 'image' ? source.reference : null)); // prettier-ignore
  const { environments, problems } = resolveVariables(target === 'run' ? withDatabases(scopes, databases) : scopes);
  return { of: (name) => environments.get(name) ?? { values: {}, uses: {} }, problems: [...revoked, ...problems] };
}

const revokedProblem = (component: string, key: string): VariableProblem => ({
  component, key, code: 'revoked', reference: '',
  message: `The value of ${key} of ${component} was revoked and has no other one since.`,
}); // prettier-ignore

/** What `RELEASE` says: the number of the release, or for an operation that of the release that stays live. */
async function releaseLabel(ctx: StepContext): Promise<string> {
  const { release, deployment, engine } = ctx;
  if (release.number !== null) return String(release.number);
  const live = deployment.liveReleaseId === null ? null : await releaseById(engine.db, release.orgId, deployment.liveReleaseId); // prettier-ignore
  return String(live?.number ?? release.id);
}

function platformOf(
  ctx: StepContext,
  component: SnapshotComponent,
  label: string,
  port: number | null,
): Record<string, string> {
  const { deployment, place } = ctx;
  return {
    ...(port === null ? {} : { PORT: String(port) }),
    STAGE: deployment.stageName,
    COMPONENT: component.name,
    RELEASE: label,
    APP_PUBLIC_URL: publicUrl(component, deployment.handle, place),
  };
}
