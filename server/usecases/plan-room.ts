/** Holds an organization to its plan. The lock keeps parallel requests from passing together. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { reservedBy } from '#server/db/reservations.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { addReservations, noReservation, planExcess, planLimits, planNames, type Reservation } from '#server/domain/plans.ts'; // prettier-ignore
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { type Plan, standingKinds } from '#server/domain/words.ts';
import { AppError, notFound } from '#server/errors.ts';

async function lockPlan(tx: Tx, orgId: string): Promise<Plan> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${orgId}, 81))`);
  const [row] = await tx.select({ plan: organizations.plan }).from(organizations).where(eq(organizations.id, orgId));
  if (!row) throw notFound();
  return row.plan;
}

export const reservationOf = (snapshot: ReleaseSnapshot): Reservation =>
  snapshot.components
    .filter((one) => standingKinds.includes(one.kind))
    .map(({ settings }) => ({ instances: settings.instances, memoryMib: settings.instances * settings.size.memoryMib }))
    .reduce(addReservations, noReservation);

/**
 * Room for one deployment to run what the snapshot asks for, beside the organization's others.
 * @throws AppError too_many; `field` names the setting: `instances` or `size.memoryMib`.
 */
export async function assertPlanRoom(
  tx: Tx,
  request: { orgId: string; deploymentId: string; snapshot: ReleaseSnapshot },
): Promise<void> {
  const plan = await lockPlan(tx, request.orgId);
  const others = await reservedBy(tx, request.orgId, request.deploymentId);
  const excess = planExcess(plan, addReservations(others, reservationOf(request.snapshot)));
  if (excess) throw new AppError('too_many', excess.message, { field: excess.field });
}

/** Room for another deployment. @throws AppError too_many */
export async function assertDeploymentRoom(tx: Tx, orgId: string): Promise<void> {
  const plan = await lockPlan(tx, orgId);
  const limit = planLimits[plan].deployments;
  const present = await tx.$count(deployments, and(eq(deployments.orgId, orgId), isNull(deployments.deletedAt)));
  if (present >= limit)
    throw new AppError(
      'too_many',
      `The plan ${planNames[plan]} gives ${limit} deployments. Delete one, or ask the operator for another plan.`,
      { field: 'deployment' },
    );
}
