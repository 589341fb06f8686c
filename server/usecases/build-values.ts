/** The values that a build of each component sees, for comparing two of them. They never leave the server. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { variables } from '#server/db/schema/projects.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { effectiveVariables, resolveVariables } from '#server/domain/variables.ts';
import { unseal } from '#server/secret.ts';
import type { PlanContext } from '#server/usecases/plan-snapshot.ts';

/** By component id. Versions that were replaced or revoked count as they were: the image was built with them. */
export async function buildValues(
  ctx: PlanContext,
  tx: Tx,
  components: readonly Pick<SnapshotComponent, 'componentId' | 'name' | 'variables'>[],
): Promise<Map<string, Readonly<Record<string, string>>>> {
  const { orgId } = ctx.actor;
  const ids = [...new Set(components.flatMap((one) => effectiveVariables(one.variables, 'build').map((row) => row.variableId)))]; // prettier-ignore
  const rows = ids.length === 0 ? [] : await tx
    .select({ id: variables.id, sealed: variables.sealed })
    .from(variables)
    .where(and(eq(variables.orgId, orgId), inArray(variables.id, ids))); // prettier-ignore
  const sealed = new Map(rows.map((row) => [row.id, row.sealed]));
  const { environments } = resolveVariables(
    components.map((component) => ({
      component: component.name,
      platform: {},
      variables: effectiveVariables(component.variables, 'build').flatMap(({ key, variableId }) => {
        const row = sealed.get(variableId);
        if (row === undefined) return [];
        return [{ key, version: variableId, value: unseal(ctx.keys.variables, `${orgId}/${variableId}`, row).reveal() }]; // prettier-ignore
      }),
    })),
  );
  return new Map(components.map(({ componentId, name }) => [componentId, environments.get(name)?.values ?? {}]));
}
