/** What an organization and its deployments used in a month. */
import { and, eq, isNull } from 'drizzle-orm';
import { imagesOfDeployment } from '#server/db/artifacts.ts';
import { findDeployment } from '#server/db/deployments.ts';
import { findOrganization } from '#server/db/members.ts';
import { reservedBy } from '#server/db/reservations.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { usageByDeployment } from '#server/db/usage.ts';
import { monthOf, monthPeriod } from '#server/domain/months.ts';
import { planLimits } from '#server/domain/plans.ts';
import type { DeploymentUsage, UsageView } from '#server/domain/views/usage.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** @param input `month` as `2026-11`; the present one without it. @throws AppError bad_input */
export function readUsage(ctx: UseCaseContext, input: { month?: string | undefined }): Promise<UsageView> {
  authorize(ctx, 'organization.read');
  const { orgId } = ctx.actor;
  const now = ctx.clock.now();
  const month = input.month ?? monthOf(now);
  const period = monthPeriod(month, now);
  if (!period) throw badInput('month', 'A month like 2026-11, not one to come.');
  return inOrg(ctx, async (tx) => {
    const organization = await findOrganization(tx, orgId);
    if (!organization) throw notFound();
    const count = await tx.$count(deployments, and(eq(deployments.orgId, orgId), isNull(deployments.deletedAt)));
    return {
      month,
      ...period,
      plan: organization.plan,
      limits: planLimits[organization.plan],
      reserved: { ...(await reservedBy(tx, orgId, null)), deployments: count },
      rows: await usageByDeployment(tx, orgId, period),
    };
  });
}

/** Of the present month, with the bytes of images that are kept for it. @throws AppError not_found */
export function readDeploymentUsage(ctx: UseCaseContext, input: { deploymentId: string }): Promise<DeploymentUsage> {
  authorize(ctx, 'deployment.read');
  const { orgId } = ctx.actor;
  const { deploymentId } = input;
  const now = ctx.clock.now();
  const month = monthOf(now);
  const period = monthPeriod(month, now) ?? { from: now, to: now };
  return inOrg(ctx, async (tx) => {
    if (!(await findDeployment(tx, orgId, deploymentId))) throw notFound();
    const [row] = await usageByDeployment(tx, orgId, { ...period, deploymentId });
    const { cpuHours = 0, memoryGibHours = 0, buildMinutes = 0 } = row ?? {};
    return { month, cpuHours, memoryGibHours, buildMinutes, ...(await imagesOfDeployment(tx, orgId, deploymentId)) };
  });
}
