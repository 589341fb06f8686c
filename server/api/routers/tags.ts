import * as z from 'zod';
import { id, idOrSlug, shownCommits } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { tagName, tagNotes } from '#server/domain/tags.ts';
import { deployTag } from '#server/usecases/deploy-tag.ts';
import { createTag, deleteTag, listTags } from '#server/usecases/manage-tags.ts';

const draftRevision = z.number().int().min(1).optional();
const targets = z.array(z.strictObject({ deploymentId: id, draftRevision })).max(30, 'At most 30 deployments');

export const tagsRouter = router({
  list: orgProcedure.input(orgInput({ project: idOrSlug })).query(({ ctx, input }) => listTags(ctx.uc, input)),
  /** Of what the draft of a deployment means now, or of a release that is or was live; with `targets`, deployed at once. */
  create: orgProcedure
    .input(
      orgInput({
        name: tagName,
        notes: tagNotes.default(''),
        from: z.discriminatedUnion('kind', [
          z.strictObject({
            kind: z.literal('draft'),
            deploymentId: id,
            draftRevision,
            commits: shownCommits.optional(),
          }),
          z.strictObject({ kind: z.literal('release'), releaseId: id }),
        ]),
        targets: targets.default([]),
      }),
    )
    .mutation(({ ctx, input }) => createTag(ctx.uc, input)),
  /** Its commits, with the settings and variables of each target. */
  deploy: orgProcedure
    .input(orgInput({ tagId: id, targets: targets.min(1, 'Choose a deployment') }))
    .mutation(({ ctx, input }) => deployTag(ctx.uc, input)),
  delete: orgProcedure.input(orgInput({ tagId: id })).mutation(({ ctx, input }) => deleteTag(ctx.uc, input)),
});
