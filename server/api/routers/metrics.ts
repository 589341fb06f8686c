import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { metricWindows } from '#server/domain/metrics.ts';
import { readMetrics } from '#server/usecases/read-metrics.ts';

export const metricsRouter = router({
  /** CPU, memory, network and disk of a deployment's instances over a window, with releases and crashes. */
  read: orgProcedure
    .input(orgInput({ deploymentId: id, window: z.enum(metricWindows).default('1h') }))
    .query(({ ctx, input }) => readMetrics(ctx.uc, input)),
});
