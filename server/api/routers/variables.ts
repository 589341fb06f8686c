import * as z from 'zod';
import { id, variableEntry, variableTarget } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { listVariables, previewDotenv, revealVariable } from '#server/usecases/read-variables.ts';
import { removeVariable, setVariables } from '#server/usecases/set-variables.ts';

export const variablesRouter = router({
  /** The project's; with a deployment also its own and those of its components, each with its state against live. */
  list: orgProcedure
    .input(orgInput({ projectId: id, deploymentId: id.optional() }))
    .query(({ ctx, input }) => listVariables(ctx.uc, input)),
  set: orgProcedure
    .input(
      orgInput({
        ...variableTarget,
        entries: z.array(variableEntry).min(1).max(500, 'At most 500 at once'),
        /** A value leaked: what is replaced is never used again, also not by a restart or a rollback. */
        revoke: z.boolean().default(false),
      }),
    )
    .mutation(({ ctx, input }) => setVariables(ctx.uc, input)),
  remove: orgProcedure.input(orgInput({ variableId: id })).mutation(({ ctx, input }) => removeVariable(ctx.uc, input)),
  /** What pasting a whole `.env` would change. A mutation, because the text must not stand in an address. */
  preview: orgProcedure
    .input(orgInput({ ...variableTarget, text: z.string().max(262_144, 'At most 256 KiB') }))
    .mutation(({ ctx, input }) => previewDotenv(ctx.uc, input)),
  /** The value of one that is not secret. */
  reveal: orgProcedure.input(orgInput({ variableId: id })).query(({ ctx, input }) => revealVariable(ctx.uc, input)),
});
