/** What operators of the installation do: plans of organizations, slots of regions. */
import { writeAudit } from '#server/db/audit.ts';
import { wakeQueue } from '#server/db/releases.ts';
import {
  listAllOrganizations, listAllRegions, type RegionChange, setOrganizationPlan, setRegionLimits,
} from '#server/db/system/platform.ts'; // prettier-ignore
import { monthOf, monthPeriod } from '#server/domain/months.ts';
import type { PlatformOrganization, PlatformRegion } from '#server/domain/views/usage.ts';
import type { Plan } from '#server/domain/words.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorizeOperator, type PersonContext } from '#server/usecases/context.ts';

/** All organizations with what they use. @throws AppError forbidden */
export function listPlatformOrganizations(ctx: PersonContext): Promise<PlatformOrganization[]> {
  authorizeOperator(ctx);
  const now = ctx.clock.now();
  return listAllOrganizations(ctx.db, monthPeriod(monthOf(now), now)?.from ?? now);
}

/** What runs goes on, also past the new limits; they count for what is requested from then on. @throws AppError forbidden, not_found */
export async function setPlan(ctx: PersonContext, input: { organizationId: string; plan: Plan }): Promise<void> {
  authorizeOperator(ctx);
  await ctx.db.transaction(async (tx) => {
    const before = await setOrganizationPlan(tx, input.organizationId, input.plan);
    if (before === null) throw notFound();
    await writeAudit(tx, {
      orgId: input.organizationId, actorId: ctx.person.userId, action: 'organization.plan', resourceKind: 'organization', resourceId: input.organizationId,
      data: { from: before, to: input.plan },
    }); // prettier-ignore
  });
}

/** @throws AppError forbidden */
export function listPlatformRegions(ctx: PersonContext): Promise<PlatformRegion[]> {
  authorizeOperator(ctx);
  return listAllRegions(ctx.db);
}

/** More slots are given at once; with fewer, what works goes on. @throws AppError forbidden, not_found, bad_input */
export async function setRegion(ctx: PersonContext, input: { regionId: string } & RegionChange): Promise<void> {
  authorizeOperator(ctx);
  const { regionId, ...change } = input;
  if (Object.values(change).every((value) => value === undefined)) throw badInput('regionId', 'Say what to change.');
  await ctx.db.transaction(async (tx) => {
    if (!(await setRegionLimits(tx, regionId, change))) throw notFound();
    await wakeQueue(tx, regionId);
  });
  ctx.log.info('an operator changed a region', { region: regionId, by: ctx.person.userId, change });
}
