import { firstDeployment, id, idOrSlug, projectSource } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { displayName, slug } from '#server/domain/naming.ts';
import { deleteProject, renameProject, restoreProject } from '#server/usecases/change-project.ts';
import { createProject } from '#server/usecases/create-project.ts';
import { getProject, listProjects } from '#server/usecases/read-projects.ts';

export const projectsRouter = router({
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listProjects(ctx.uc)),
  get: orgProcedure.input(orgInput({ project: idOrSlug })).query(({ ctx, input }) => getProject(ctx.uc, input)),
  create: orgProcedure
    .input(orgInput({ name: displayName, slug: slug.optional(), source: projectSource, deployment: firstDeployment }))
    .mutation(({ ctx, input }) => createProject(ctx.uc, input)),
  rename: orgProcedure
    .input(orgInput({ projectId: id, name: displayName }))
    .mutation(({ ctx, input }) => renameProject(ctx.uc, input)),
  /** `typedName` is the project's slug. */
  delete: orgProcedure
    .input(orgInput({ projectId: id, typedName: slug }))
    .mutation(({ ctx, input }) => deleteProject(ctx.uc, input)),
  restore: orgProcedure.input(orgInput({ projectId: id })).mutation(({ ctx, input }) => restoreProject(ctx.uc, input)),
});
