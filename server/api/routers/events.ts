import { streamSignals } from '#server/api/shutdown.ts';
import { tracked } from '@trpc/server';
import * as z from 'zod';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { followEvents } from '#server/usecases/follow-events.ts';

export const eventsRouter = router({
  /** Everything that happens in the organization: one subscription per tab; invalidate queries by kind and id. */
  follow: orgProcedure
    .input(orgInput({ lastEventId: z.string().max(20).regex(/^\d*$/, 'Not a position').nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const after = input.lastEventId ? Number(input.lastEventId) : null;
      for await (const [number, event] of followEvents(ctx.uc, { after }, streamSignals(signal)))
        yield tracked(number, event);
    }), // prettier-ignore
});
