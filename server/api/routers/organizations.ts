import * as z from 'zod';
import { orgInput, orgProcedure, personProcedure, router } from '#server/api/trpc.ts';
import { displayName, slug } from '#server/domain/naming.ts';
import { createOrganization, getOrganization, renameOrganization } from '#server/usecases/manage-organization.ts';
import { listOrganizations } from '#server/usecases/read-account.ts';

export const organizationsRouter = router({
  list: personProcedure.query(({ ctx }) => listOrganizations(ctx.uc)),
  create: personProcedure
    .input(z.strictObject({ name: displayName, slug }))
    .mutation(({ ctx, input }) => createOrganization(ctx.uc, input)),
  get: orgProcedure.input(orgInput({})).query(({ ctx }) => getOrganization(ctx.uc)),
  rename: orgProcedure
    .input(orgInput({ name: displayName }))
    .mutation(({ ctx, input }) => renameOrganization(ctx.uc, input)),
});
