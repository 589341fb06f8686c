/** Invitations: bound to one e-mail address, used once, over after seven days; only the token's hash is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { listOpenInvitations } from '#server/db/members.ts';
import { invitations } from '#server/db/schema/organizations.ts';
import type { InvitationView } from '#server/domain/views/accounts.ts';
import type { Role } from '#server/domain/words.ts';
import { notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

const lifetimeMs = 7 * 24 * 3600 * 1000;
export const hashInvitationToken = (token: string): string => createHash('sha256').update(token).digest('hex');

export async function listInvitations(ctx: UseCaseContext): Promise<InvitationView[]> {
  authorize(ctx, 'member.manage');
  return inOrg(ctx, (tx) => listOpenInvitations(tx, ctx.actor.orgId, ctx.clock.now()));
}

/** A newer invitation of the same address replaces the older one. The link is in this answer only. */
export async function inviteMember(
  ctx: UseCaseContext,
  input: { email: string; role: Role },
): Promise<InvitationView & { url: string }> {
  const { orgId, userId } = ctx.actor;
  authorize(ctx, 'member.manage', { orgId, role: input.role });
  const token = randomBytes(32).toString('base64url');
  const now = ctx.clock.now();
  const row = {
    id: newId('invitation'),
    email: input.email,
    role: input.role,
    createdAt: now,
    expiresAt: new Date(now.getTime() + lifetimeMs),
  };
  await inOrg(ctx, async (tx) => {
    await tx
      .delete(invitations)
      .where(and(eq(invitations.orgId, orgId), eq(invitations.email, input.email), isNull(invitations.usedAt)));
    await tx.insert(invitations).values({ ...row, orgId, tokenHash: hashInvitationToken(token), invitedBy: userId });
    await writeAudit(tx, { orgId, actorId: userId, action: 'member.invite', resourceKind: 'invitation', resourceId: row.id, data: { email: input.email, role: input.role } }); // prettier-ignore
  });
  return { ...row, url: `${ctx.publicUrl}/invitation#${token}` };
}

export async function revokeInvitation(ctx: UseCaseContext, input: { id: string }): Promise<{ id: string }> {
  authorize(ctx, 'member.manage');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const rows = await tx
      .delete(invitations)
      .where(and(eq(invitations.orgId, orgId), eq(invitations.id, input.id), isNull(invitations.usedAt)))
      .returning({ id: invitations.id });
    if (rows.length === 0) throw notFound();
    await writeAudit(tx, { orgId, actorId: userId, action: 'member.revoke-invitation', resourceKind: 'invitation', resourceId: input.id }); // prettier-ignore
    return { id: input.id };
  });
}
