import * as z from 'zod';
import { cursor, id, limit, shownCommits } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { previewPromotion, promoteRelease } from '#server/usecases/promote-release.ts';
import { previewRelease } from '#server/usecases/preview-release.ts';
import { previewRollback } from '#server/usecases/preview-rollback.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { requestRollback } from '#server/usecases/request-rollback.ts';
import { findRelease, getRelease, listReleases } from '#server/usecases/read-releases.ts';

export const releasesRouter = router({
  /** Newest first, operations included. */
  list: orgProcedure
    .input(orgInput({ deploymentId: id, cursor, limit }))
    .query(({ ctx, input }) => listReleases(ctx.uc, input)),
  /** The id of a release by its number, for pages' addresses. */
  find: orgProcedure
    .input(orgInput({ deploymentId: id, number: z.number().int().min(1).max(2_147_483_647) }))
    .query(({ ctx, input }) => findRelease(ctx.uc, input)),
  get: orgProcedure.input(orgInput({ releaseId: id })).query(({ ctx, input }) => getRelease(ctx.uc, input)),
  /**
   * `deploy`: newest code and the draft of the revision that was shown. `trigger`: newest code, the draft's edits left
   * out. `configuration`: the draft and variables, the code that is live.
   */
  request: orgProcedure
    .input(
      orgInput({
        deploymentId: id,
        kind: z.enum(['deploy', 'trigger', 'configuration']),
        draftRevision: z.number().int().min(1).optional(),
        commits: shownCommits.optional(),
        note: z.string().trim().max(200, 'At most 200 characters').optional(),
      }),
    )
    .mutation(({ ctx, input }) => requestRelease(ctx.uc, input)),
  /** What `request` would ship now. Asks the repositories, so it can take seconds. */
  preview: orgProcedure
    .input(
      orgInput({
        deploymentId: id,
        kind: z.enum(['deploy', 'trigger', 'configuration']),
        /** What `tags.deploy` would ship instead. */
        tagId: id.optional(),
      }),
    )
    .query(({ ctx, input }) => previewRelease(ctx.uc, input)),
  /** The images of a release that is or was live, in another deployment of the project. No build. */
  promote: orgProcedure
    .input(orgInput({ releaseId: id, deploymentId: id, draftRevision: z.number().int().min(1).optional() }))
    .mutation(({ ctx, input }) => promoteRelease(ctx.uc, input)),
  /** What `promote` would do, or why it is refused. */
  previewPromotion: orgProcedure
    .input(orgInput({ releaseId: id, deploymentId: id }))
    .query(({ ctx, input }) => previewPromotion(ctx.uc, input)),
  abort: orgProcedure.input(orgInput({ releaseId: id })).mutation(({ ctx, input }) => abortRelease(ctx.uc, input)),
  /** Restores the release: its images and configuration, no build. */
  rollback: orgProcedure
    .input(orgInput({ releaseId: id }))
    .mutation(({ ctx, input }) => requestRollback(ctx.uc, input)),
  /** What `rollback` would do now. */
  previewRollback: orgProcedure
    .input(orgInput({ releaseId: id }))
    .query(({ ctx, input }) => previewRollback(ctx.uc, input)),
});
