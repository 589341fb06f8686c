import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { draftDocument } from '#server/domain/settings-overrides.ts';
import { loadReleaseIntoDraft } from '#server/usecases/load-release.ts';
import { diffDraft, getDraft, saveDraft } from '#server/usecases/read-draft.ts';

export const draftsRouter = router({
  get: orgProcedure.input(orgInput({ deploymentId: id })).query(({ ctx, input }) => getDraft(ctx.uc, input)),
  /** `revision` is the one that was edited; another one in between is a conflict. */
  save: orgProcedure
    .input(orgInput({ deploymentId: id, revision: z.number().int().min(1), document: draftDocument }))
    .mutation(({ ctx, input }) => saveDraft(ctx.uc, input)),
  /** Replaces the draft by the settings of a release. `revision` is the draft that was shown. */
  loadRelease: orgProcedure
    .input(orgInput({ releaseId: id, revision: z.number().int().min(1) }))
    .mutation(({ ctx, input }) => loadReleaseIntoDraft(ctx.uc, input)),
  /** Draft and variables against the live release. */
  diff: orgProcedure.input(orgInput({ deploymentId: id })).query(({ ctx, input }) => diffDraft(ctx.uc, input)),
});
