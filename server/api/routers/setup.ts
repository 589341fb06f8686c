import * as z from 'zod';
import { email, password } from '#server/domain/account-fields.ts';
import { publicProcedure, router } from '#server/api/trpc.ts';
import { displayName } from '#server/domain/naming.ts';
import { completeSetup, setupStatus } from '#server/usecases/complete-setup.ts';

const completeInput = z.strictObject({
  code: z.string().trim().min(1, 'The code that `npm run code` shows').max(64, 'At most 64 characters'),
  name: displayName,
  email,
  password,
  organization: displayName,
});

/** First run: open until the first account exists. */
export const setupRouter = router({
  status: publicProcedure.query(({ ctx }) => setupStatus(ctx.services)),
  complete: publicProcedure
    .input(completeInput)
    .mutation(({ ctx, input }) => completeSetup({ ...ctx.services, address: ctx.address }, input)),
});
