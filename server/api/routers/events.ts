import { tracked } from '@trpc/server';
import * as z from 'zod';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { followEvents } from '#server/usecases/pending.ts';

export const eventsRouter = router({
  /** Everything that happens in the organization: one subscription per tab; invalidate queries by kind and id. */
  follow: orgProcedure
    .input(orgInput({ lastEventId: z.string().max(20).regex(/^\d*$/, 'Not a position').nullish() }))
    .subscription(async function* () {
      for await (const [cursor, event] of followEvents()) yield tracked(cursor, event);
    }), // prettier-ignore
});
