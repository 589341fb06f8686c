import { repositoryPath } from '#server/domain/settings.ts';
import { credentialInput, gitUrl, id, strictRef } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { inspectRepository } from '#server/usecases/inspect-repository.ts';
import { listRepositories, setRepositoryCredential } from '#server/usecases/manage-repositories.ts';

export const repositoriesRouter = router({
  list: orgProcedure.input(orgInput({ projectId: id })).query(({ ctx, input }) => listRepositories(ctx.uc, input)),
  /** Branches of a Git URL and what was found in it. A mutation because it fetches and may carry a token. */
  inspect: orgProcedure
    .input(orgInput({ url: gitUrl, credential: credentialInput, ref: strictRef.optional(), rootDirectory: repositoryPath.default('') }))
    .mutation(({ ctx, input }) => inspectRepository(ctx.uc, input)), // prettier-ignore
  setCredential: orgProcedure
    .input(orgInput({ repositoryId: id, credential: credentialInput }))
    .mutation(({ ctx, input }) => setRepositoryCredential(ctx.uc, input)),
});
