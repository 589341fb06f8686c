import * as z from 'zod';
import { cursor, id, idOrSlug, limit, stage, strictRef } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { displayName, slug } from '#server/domain/naming.ts';
import { resumeAutomaticDeploys } from '#server/usecases/automatic-deploys.ts';
import { deleteDeployment, renameDeployment, restoreDeployment } from '#server/usecases/change-deployment.ts';
import { deleteDeploymentNow } from '#server/usecases/manage-volumes.ts';
import { createDeployment } from '#server/usecases/create-deployment.ts';
import { setAutoRevert } from '#server/usecases/set-auto-revert.ts';
import { setAutomaticDeploys } from '#server/usecases/set-automatic-deploys.ts';
import { getDeployment, listTimeline } from '#server/usecases/read-deployment.ts';

export const deploymentsRouter = router({
  /** By the ids or slugs that stand in the page's address. */
  get: orgProcedure
    .input(orgInput({ project: idOrSlug, deployment: idOrSlug }))
    .query(({ ctx, input }) => getDeployment(ctx.uc, input)),
  timeline: orgProcedure
    .input(orgInput({ deploymentId: id, cursor, limit }))
    .query(({ ctx, input }) => listTimeline(ctx.uc, input)),
  create: orgProcedure
    .input(
      orgInput({
        projectId: id,
        name: displayName,
        slug: slug.optional(),
        stage,
        regionId: id.optional(),
        /** Per component; those not named keep the project's default. */
        refs: z.array(z.strictObject({ componentId: id, ref: strictRef })).max(50).default([]),
        /** Copies its draft and the variables of its own. */
        copyFrom: id.optional(),
      }),
    )
    .mutation(({ ctx, input }) => createDeployment(ctx.uc, input)), // prettier-ignore
  rename: orgProcedure
    .input(orgInput({ deploymentId: id, name: displayName }))
    .mutation(({ ctx, input }) => renameDeployment(ctx.uc, input)),
  /** Deploys by itself when a branch of what is live moves; switching it on deploys nothing by itself. */
  setAutomatic: orgProcedure
    .input(orgInput({ deploymentId: id, enabled: z.boolean() }))
    .mutation(({ ctx, input }) => setAutomaticDeploys(ctx.uc, input)),
  /** `typedName` is the deployment's slug. It can be restored for 48 hours. */
  delete: orgProcedure
    .input(orgInput({ deploymentId: id, typedName: slug }))
    .mutation(({ ctx, input }) => deleteDeployment(ctx.uc, input)),
  /** Back to the last stable release when what went live crashes again and again. */
  setAutoRevert: orgProcedure
    .input(orgInput({ deploymentId: id, enabled: z.boolean() }))
    .mutation(({ ctx, input }) => setAutoRevert(ctx.uc, input)),
  /** After a rollback paused them. */
  resumeAutomatic: orgProcedure
    .input(orgInput({ deploymentId: id }))
    .mutation(({ ctx, input }) => resumeAutomaticDeploys(ctx.uc, input)),
  /** What is in the trash goes for good, with its volumes and databases. */
  deleteNow: orgProcedure
    .input(orgInput({ deploymentId: id, typedName: slug }))
    .mutation(({ ctx, input }) => deleteDeploymentNow(ctx.uc, input)),
  restore: orgProcedure
    .input(orgInput({ deploymentId: id }))
    .mutation(({ ctx, input }) => restoreDeployment(ctx.uc, input)),
});
