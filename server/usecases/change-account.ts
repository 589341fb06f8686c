/** A person changes their own account. */
import { eq } from 'drizzle-orm';
import { clearAttempts, countAttempt } from '#server/auth/attempts.ts';
import { hashPassword, verifyPassword } from '#server/auth/password.ts';
import { findAccountById, revokeSessions } from '#server/db/accounts.ts';
import { users } from '#server/db/schema/organizations.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import type { PersonContext } from '#server/usecases/context.ts';

export async function renameMe(ctx: PersonContext, input: { name: string }): Promise<{ name: string }> {
  await ctx.db.update(users).set({ name: input.name }).where(eq(users.id, ctx.person.userId));
  return { name: input.name };
}

/** Signs out one browser, or all but this one. @throws AppError not_found when it is not one of the person's. */
export async function revokeSession(
  ctx: PersonContext,
  input: { id?: string | undefined },
): Promise<{ revoked: number }> {
  const which = input.id === undefined ? { except: ctx.person.sessionId } : { id: input.id };
  const revoked = await revokeSessions(ctx.db, ctx.person.userId, which, ctx.clock.now());
  if (input.id !== undefined && revoked === 0) throw notFound();
  return { revoked };
}

/** Sets a new password and signs out all other browsers. @throws AppError bad_input when the current one is wrong. */
export async function changePassword(
  ctx: PersonContext & { address: string },
  input: { current: string; next: string },
): Promise<{ revokedOthers: number }> {
  const account = await findAccountById(ctx.db, ctx.person.userId);
  if (!account) throw new AppError('unauthenticated', 'Sign in to go on.');
  await countAttempt(ctx.db, ctx.clock.now(), account.email, ctx.address);
  if (!(await verifyPassword(account.passwordHash, input.current)))
    throw badInput('current', 'This is not the current password.');
  await clearAttempts(ctx.db, account.email);
  const passwordHash = await hashPassword(input.next);
  return ctx.db.transaction(async (tx) => {
    await tx.update(users).set({ passwordHash }).where(eq(users.id, account.id));
    const revokedOthers = await revokeSessions(tx, account.id, { except: ctx.person.sessionId }, ctx.clock.now());
    return { revokedOthers };
  });
}
