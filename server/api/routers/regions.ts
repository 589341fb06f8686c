import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { listRegions } from '#server/usecases/read-platform.ts';
import { listQueue, listQueueRegions } from '#server/usecases/read-queue.ts';

export const regionsRouter = router({
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listRegions(ctx.uc)),
});
export const queueRouter = router({
  /** What works and waits for the organization, with the place in the region's queue. */
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listQueue(ctx.uc)),
  /** How busy the regions are, all organizations together. */
  regions: orgProcedure.input(orgInput({})).query(({ ctx }) => listQueueRegions(ctx.uc)),
});
