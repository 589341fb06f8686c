import * as z from 'zod';
import { id, role, token } from '#server/api/inputs.ts';
import { email, password } from '#server/domain/account-fields.ts';
import { orgInput, orgProcedure, personProcedure, publicProcedure, router } from '#server/api/trpc.ts';
import { displayName } from '#server/domain/naming.ts';
import { inviteMember, listInvitations, revokeInvitation } from '#server/usecases/invite-member.ts';
import { listMembers, removeMember, setMemberRole } from '#server/usecases/manage-members.ts';
import { acceptInvitation, joinByInvitation, previewInvitation } from '#server/usecases/use-invitation.ts';

export const membersRouter = router({
  list: orgProcedure.input(orgInput({})).query(({ ctx }) => listMembers(ctx.uc)),
  setRole: orgProcedure
    .input(orgInput({ userId: id, role }))
    .mutation(({ ctx, input }) => setMemberRole(ctx.uc, input)),
  remove: orgProcedure.input(orgInput({ userId: id })).mutation(({ ctx, input }) => removeMember(ctx.uc, input)),
  invitations: orgProcedure.input(orgInput({})).query(({ ctx }) => listInvitations(ctx.uc)),
  /** Answers with the link; it is shown once. */
  invite: orgProcedure.input(orgInput({ email, role })).mutation(({ ctx, input }) => inviteMember(ctx.uc, input)),
  revokeInvitation: orgProcedure.input(orgInput({ id })).mutation(({ ctx, input }) => revokeInvitation(ctx.uc, input)),
  /** What the page behind the link shows. */
  invitation: publicProcedure
    .input(z.strictObject({ token }))
    .query(({ ctx, input }) => previewInvitation({ ...ctx.services, address: ctx.address }, input)),
  /** For somebody with an account of that address. */
  accept: personProcedure
    .input(z.strictObject({ token }))
    .mutation(({ ctx, input }) => acceptInvitation(ctx.uc, input)),
  /** For somebody new: makes the account; sign in afterwards. */
  join: publicProcedure
    .input(z.strictObject({ token, name: displayName, password }))
    .mutation(({ ctx, input }) => joinByInvitation({ ...ctx.services, address: ctx.address }, input)),
});
