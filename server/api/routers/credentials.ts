import { id, newToken } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { displayName } from '#server/domain/naming.ts';
import {
  createCredential,
  deleteCredential,
  generateDeployKey,
  listCredentials,
} from '#server/usecases/manage-credentials.ts';

export const credentialsRouter = router({
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listCredentials(ctx.uc)),
  create: orgProcedure.input(orgInput(newToken)).mutation(({ ctx, input }) => createCredential(ctx.uc, input)),
  generateDeployKey: orgProcedure
    .input(orgInput({ name: displayName }))
    .mutation(({ ctx, input }) => generateDeployKey(ctx.uc, input)),
  delete: orgProcedure
    .input(orgInput({ credentialId: id }))
    .mutation(({ ctx, input }) => deleteCredential(ctx.uc, input)),
});
