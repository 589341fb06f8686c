/** Each database of a deployment has a password from its first release on. Nobody types it; it is a secret like others. */
import { randomBytes } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { type components, type deployments, variables } from '#server/db/schema/projects.ts';
import { databaseKinds, databaseOf } from '#server/domain/databases.ts';
import { newId } from '#server/ids.ts';
import { seal } from '#server/secret.ts';
import type { PlanContext } from '#server/usecases/plan-snapshot.ts';

/** Makes those that are missing; safe to run at the same time for one deployment. */
export async function ensureDatabasePasswords(
  ctx: Pick<PlanContext, 'keys'>,
  tx: Tx,
  deployment: typeof deployments.$inferSelect,
  rows: readonly (typeof components.$inferSelect)[],
): Promise<void> {
  const { orgId, projectId, id: deploymentId } = deployment;
  for (const { id: componentId, image } of rows) {
    const database = databaseOf(image);
    if (!database) continue;
    const key = databaseKinds[database.engine].password;
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${deploymentId}, 78))`);
    const isCurrent = and(
      eq(variables.orgId, orgId),
      eq(variables.deploymentId, deploymentId),
      eq(variables.componentId, componentId),
      eq(variables.key, key),
      isNull(variables.replacedAt),
      isNull(variables.revokedAt),
    );
    if ((await tx.$count(variables, isCurrent)) > 0) continue;
    const id = newId('variable');
    const sealed = seal(ctx.keys.variables, `${orgId}/${id}`, randomBytes(24).toString('hex'));
    await tx.insert(variables).values({
      id, orgId, scope: 'component', projectId, deploymentId, componentId, key, use: 'run', isSecret: 'yes', sealed,
    }); // prettier-ignore
  }
}
