import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { givenPassword, password } from '#server/domain/account-fields.ts';
import { personProcedure, publicProcedure, router } from '#server/api/trpc.ts';
import { displayName } from '#server/domain/naming.ts';
import { changePassword, renameMe, revokeSession } from '#server/usecases/change-account.ts';
import { keySites } from '#server/ssh/import-keys.ts';
import { addSshKeys, importSshKeys, listOwnSshKeys, removeSshKey } from '#server/usecases/manage-ssh-keys.ts';
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
  sshKeys: personProcedure.query(({ ctx }) => listOwnSshKeys(ctx.uc)),
  /** One key or many, as in an `authorized_keys` file. */
  addSshKeys: personProcedure
    .input(z.strictObject({ text: z.string().max(100_000), name: displayName.optional() }))
    .mutation(({ ctx, input }) => addSshKeys(ctx.uc, input)),
  importSshKeys: personProcedure
    .input(z.strictObject({ site: z.enum(keySites), name: z.string().trim().min(1).max(100) }))
    .mutation(({ ctx, input }) => importSshKeys(ctx.uc, input)),
  removeSshKey: personProcedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => removeSshKey(ctx.uc, input)),
});
