/** Roles of an organization's members. */
import { and, eq } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { findMemberRole, listMemberRows, lockOwners } from '#server/db/members.ts';
import { memberships } from '#server/db/schema/organizations.ts';
import type { MemberView } from '#server/domain/views/accounts.ts';
import type { Role } from '#server/domain/words.ts';
import { AppError, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

export async function listMembers(ctx: UseCaseContext): Promise<MemberView[]> {
  authorize(ctx, 'member.read');
  const rows = await inOrg(ctx, (tx) => listMemberRows(tx, ctx.actor.orgId));
  return rows.map((row) => ({ ...row, isYou: row.userId === ctx.actor.userId }));
}

async function assertNotLastOwner(tx: Tx, orgId: string, userId: string): Promise<void> {
  const owners = await lockOwners(tx, orgId);
  if (owners.length === 1 && owners[0] === userId)
    throw new AppError('conflict', 'An organization needs an owner. Make somebody else an owner first.');
}

/** @throws AppError forbidden (own role, or one above the actor's), conflict (the last owner), not_found. */
export async function setMemberRole(ctx: UseCaseContext, input: { userId: string; role: Role }): Promise<MemberView> {
  const { orgId } = ctx.actor;
  authorize(ctx, 'member.manage', { orgId, role: input.role });
  await inOrg(ctx, async (tx) => {
    const current = await findMemberRole(tx, orgId, input.userId);
    if (!current) throw notFound();
    if (input.userId === ctx.actor.userId) throw new AppError('forbidden', 'Nobody changes their own role.');
    authorize(ctx, 'member.manage', { orgId, role: current });
    if (current === 'owner' && input.role !== 'owner') await assertNotLastOwner(tx, orgId, input.userId);
    await tx
      .update(memberships)
      .set({ role: input.role })
      .where(and(eq(memberships.orgId, orgId), eq(memberships.userId, input.userId)));
    await writeAudit(tx, { orgId, actorId: ctx.actor.userId, action: 'member.role', resourceKind: 'user', resourceId: input.userId, data: { from: current, to: input.role } }); // prettier-ignore
  });
  const member = (await listMembers(ctx)).find((row) => row.userId === input.userId);
  if (!member) throw notFound();
  return member;
}

/** Takes a member out; everybody may leave by themselves. @throws AppError forbidden, conflict (the last owner), not_found. */
export async function removeMember(ctx: UseCaseContext, input: { userId: string }): Promise<{ userId: string }> {
  const { orgId } = ctx.actor;
  const isLeaving = input.userId === ctx.actor.userId;
  if (!isLeaving) authorize(ctx, 'member.manage');
  await inOrg(ctx, async (tx) => {
    const current = await findMemberRole(tx, orgId, input.userId);
    if (!current) throw notFound();
    if (!isLeaving) authorize(ctx, 'member.manage', { orgId, role: current });
    if (current === 'owner') await assertNotLastOwner(tx, orgId, input.userId);
    await tx.delete(memberships).where(and(eq(memberships.orgId, orgId), eq(memberships.userId, input.userId)));
    await writeAudit(tx, { orgId, actorId: ctx.actor.userId, action: 'member.remove', resourceKind: 'user', resourceId: input.userId }); // prettier-ignore
  });
  return { userId: input.userId };
}
