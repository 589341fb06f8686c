import * as z from 'zod';
import { trackedStream } from '#server/api/errors.ts';
import { id } from '#server/api/inputs.ts';
import { streamSignals } from '#server/api/shutdown.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { followLog } from '#server/usecases/follow-log.ts';
import { readLogPage } from '#server/usecases/read-log.ts';

const position = z
  .string()
  .max(4000)
  .regex(/^[A-Za-z0-9_:.,-]*$/, 'Not a position');
/** One log is the merge of its streams: all of a release, or the consoles of a deployment's instances. */
const of = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('release'), releaseId: id }),
  z.strictObject({ kind: z.literal('deployment'), deploymentId: id }),
]);

export const logsRouter = router({
  /** From the start, after a position, before one, or the end (`tail`). */
  page: orgProcedure
    .input(
      orgInput({
        of,
        after: position.optional(),
        before: position.optional(),
        tail: z.boolean().default(false),
        limit: z.number().int().min(1).max(5000).default(1000),
      }),
    )
    .query(({ ctx, input }) => readLogPage(ctx.uc, input)),
  /** Lines as they come, after `lastEventId` (the `after` of a page); ends when a release is over and read to its end. */
  follow: orgProcedure
    .input(orgInput({ of, lastEventId: position.nullish() }))
    .subscription(({ ctx, input, signal, path }) =>
      trackedStream(followLog(ctx.uc, input, streamSignals(signal)), ctx.services.log, path),
    ),
});
