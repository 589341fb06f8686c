import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { givenPassword, password } from '#server/domain/account-fields.ts';
import { personProcedure, publicProcedure, router } from '#server/api/trpc.ts';
import { displayName } from '#server/domain/naming.ts';
import { changePassword, renameMe, revokeSession } from '#server/usecases/change-account.ts';
import { listProviders, listSessions, readMe } from '#server/usecases/read-account.ts';

/** The signed-in person. */
export const accountRouter = router({
  providers: publicProcedure.query(({ ctx }) => listProviders(ctx.services)),
  me: personProcedure.query(({ ctx }) => readMe(ctx.uc)),
  rename: personProcedure
    .input(z.strictObject({ name: displayName }))
    .mutation(({ ctx, input }) => renameMe(ctx.uc, input)),
  sessions: personProcedure.query(({ ctx }) => listSessions(ctx.uc)),
  /** Without an id: all but this one. */
  revokeSession: personProcedure
    .input(z.strictObject({ id: id.optional() }))
    .mutation(({ ctx, input }) => revokeSession(ctx.uc, input)),
  changePassword: personProcedure
    .input(z.strictObject({ current: givenPassword, next: password }))
    .mutation(({ ctx, input }) => changePassword({ ...ctx.uc, address: ctx.address }, input)),
});
