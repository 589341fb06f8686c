import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, personProcedure, router } from '#server/api/trpc.ts';
import { plans } from '#server/domain/words.ts';
import {
  listPlatformOrganizations,
  listPlatformRegions,
  setPlan,
  setRegion,
} from '#server/usecases/operate-platform.ts';
import { readDeploymentUsage, readUsage } from '#server/usecases/read-usage.ts';

const slots = z.number().int('A whole number').min(1, 'At least 1').max(64, 'At most 64');

/** For operators of the installation only. */
export const platformRouter = router({
  organizations: personProcedure.query(({ ctx }) => listPlatformOrganizations(ctx.uc)),
  setPlan: personProcedure
    .input(z.strictObject({ organizationId: id, plan: z.enum(plans) }))
    .mutation(({ ctx, input }) => setPlan(ctx.uc, input)),
  regions: personProcedure.query(({ ctx }) => listPlatformRegions(ctx.uc)),
  setRegion: personProcedure
    .input(
      z.strictObject({
        regionId: id,
        enabled: z.boolean().optional(),
        buildSlots: slots.optional(),
        rolloutSlots: slots.optional(),
        orgLimit: slots.optional(),
      }),
    )
    .mutation(({ ctx, input }) => setRegion(ctx.uc, input)),
});

export const usageRouter = router({
  /** Of a month, per deployment, with the plan's limits. */
  month: orgProcedure
    .input(orgInput({ month: z.string().max(7).optional() }))
    .query(({ ctx, input }) => readUsage(ctx.uc, input)),
  deployment: orgProcedure
    .input(orgInput({ deploymentId: id }))
    .query(({ ctx, input }) => readDeploymentUsage(ctx.uc, input)),
});
