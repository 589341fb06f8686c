/** Using an invitation: by somebody with an account of its address, or by somebody new. */
import { eq } from 'drizzle-orm';
import { countAttempt } from '#server/auth/attempts.ts';
import { hashPassword } from '#server/auth/password.ts';
import { findAccountByEmail, findAccountById } from '#server/db/accounts.ts';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { invitations, memberships, users } from '#server/db/schema/organizations.ts';
import { lockOpenInvitation, type OpenInvitation } from '#server/db/system/invitations.ts';
import type { InvitationPreview } from '#server/domain/views/accounts.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import type { PersonContext, Services } from '#server/usecases/context.ts';
import { hashInvitationToken } from '#server/usecases/invite-member.ts';

const over = (): AppError =>
  new AppError('not_found', 'This invitation was used, withdrawn or is over. Ask for a new one.');

async function openInvitation(tx: Tx, token: string, now: Date): Promise<OpenInvitation> {
  const invitation = await lockOpenInvitation(tx, hashInvitationToken(token), now);
  if (!invitation) throw over();
  return invitation;
}

/** What the page behind the link shows. @throws AppError not_found, too_many. */
export async function previewInvitation(
  services: Services & { address: string },
  input: { token: string },
): Promise<InvitationPreview> {
  const now = services.clock.now();
  return services.db.transaction(async (tx) => {
    const { organization, email, role } = await openInvitation(tx, input.token, now);
    return { organization, email, role, hasAccount: (await findAccountByEmail(tx, email)) !== null };
  });
}

/** Uses the locked invitation up: the account becomes a member. */
export async function joinOrganization(tx: Tx, invitation: OpenInvitation, userId: string, now: Date): Promise<void> {
  const { id, orgId, role } = invitation;
  await tx.update(invitations).set({ usedAt: now }).where(eq(invitations.id, id));
  await tx.insert(memberships).values({ orgId, userId, role }).onConflictDoNothing();
  await writeAudit(tx, { orgId, actorId: userId, action: 'member.join', resourceKind: 'user', resourceId: userId, data: { role } }); // prettier-ignore
}

/** @throws AppError not_found, forbidden when the invitation is for another address. */
export function acceptInvitation(ctx: PersonContext, input: { token: string }): Promise<{ org: string }> {
  const now = ctx.clock.now();
  return ctx.db.transaction(async (tx) => {
    const invitation = await openInvitation(tx, input.token, now);
    const account = await findAccountById(tx, ctx.person.userId);
    if (account?.email !== invitation.email)
      throw new AppError('forbidden', 'This invitation is for another e-mail address. Sign in with that one.');
    await joinOrganization(tx, invitation, ctx.person.userId, now);
    return { org: invitation.orgSlug };
  });
}

/** Makes the account of the invited address. @throws AppError not_found, conflict when there is an account already. */
export async function joinByInvitation(
  services: Services & { address: string },
  input: { token: string; name: string; password: string },
): Promise<{ email: string; org: string }> {
  const now = services.clock.now();
  await countAttempt(services.db, now, `invitation:${hashInvitationToken(input.token)}`, services.address);
  const passwordHash = await hashPassword(input.password);
  return services.db.transaction(async (tx) => {
    const invitation = await openInvitation(tx, input.token, now);
    if (await findAccountByEmail(tx, invitation.email))
      throw new AppError('conflict', 'There is an account with this address. Sign in, then open the link again.');
    const userId = newId('user');
    await tx.insert(users).values({ id: userId, email: invitation.email, name: input.name, passwordHash });
    await joinOrganization(tx, invitation, userId, now);
    return { email: invitation.email, org: invitation.orgSlug };
  });
}
