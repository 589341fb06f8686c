import * as z from 'zod';
import { orgInput, orgProcedure, personProcedure, router } from '#server/api/trpc.ts';
import { limit } from '#server/api/inputs.ts';
import { displayName, slug } from '#server/domain/naming.ts';
import { createOrganization, getOrganization, renameOrganization } from '#server/usecases/manage-organization.ts';
import { readAudit } from '#server/usecases/read-audit.ts';
import { listOrganizations } from '#server/usecases/read-account.ts';

export const organizationsRouter = router({
  list: personProcedure.query(({ ctx }) => listOrganizations(ctx.uc)),
  create: personProcedure
    .input(z.strictObject({ name: displayName, slug }))
    .mutation(({ ctx, input }) => createOrganization(ctx.uc, input)),
  get: orgProcedure.input(orgInput({})).query(({ ctx }) => getOrganization(ctx.uc)),
  /** Who did what; for admins. */
  audit: orgProcedure
    .input(orgInput({ before: z.number().int().positive().optional(), limit }))
    .query(({ ctx, input }) => readAudit(ctx.uc, input)),
  rename: orgProcedure
    .input(orgInput({ name: displayName }))
    .mutation(({ ctx, input }) => renameOrganization(ctx.uc, input)),
});
