import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { listRegions } from '#server/usecases/read-platform.ts';
import { listQueue } from '#server/usecases/read-releases.ts';

export const regionsRouter = router({
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listRegions(ctx.uc)),
});
export const queueRouter = router({
  /** What works and waits for the organization, with the place in the region's queue. */
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listQueue(ctx.uc)),
});
