import { streamSignals } from '#server/api/shutdown.ts';
import * as z from 'zod';
import { trackedStream } from '#server/api/errors.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { followEvents } from '#server/usecases/follow-events.ts';

export const eventsRouter = router({
  /** Everything that happens in the organization: one subscription per tab; invalidate queries by kind and id. */
  follow: orgProcedure
    .input(orgInput({ lastEventId: z.string().max(20).regex(/^\d*$/, 'Not a position').nullish() }))
    .subscription(({ ctx, input, signal, path }) => {
      const after = input.lastEventId ? Number(input.lastEventId) : null;
      return trackedStream(followEvents(ctx.uc, { after }, streamSignals(signal)), ctx.services.log, path);
    }), // prettier-ignore
});
