/** The power of a deployment says what people want; an operation that ends without going live takes its wish back. */
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { deployments } from '#server/db/schema/projects.ts';
import type { releases } from '#server/db/schema/releases.ts';

type Operation = Pick<typeof releases.$inferSelect, 'orgId' | 'deploymentId' | 'kind'>;

/** A suspend that ended otherwise leaves the deployment running, a resume leaves it suspended unless something serves. */
export async function takeBackPower(tx: Tx, { orgId, deploymentId, kind }: Operation): Promise<void> {
  if (kind !== 'suspend' && kind !== 'resume') return;
  const from = kind === 'suspend' ? 'suspended' : 'running';
  const serves = sql`exists (select 1 from instances i where i.org_id = ${orgId} and i.deployment_id = ${deploymentId} and i.state = 'live')`;
  await tx
    .update(deployments)
    .set({ power: kind === 'suspend' ? 'running' : 'suspended' })
    .where(
      and(
        eq(deployments.id, deploymentId),
        eq(deployments.orgId, orgId),
        eq(deployments.power, from),
        kind === 'resume' ? sql`not ${serves}` : undefined,
      ),
    );
}
