/** What a signed-in person sees of themselves. */
import { signInProviders } from '#server/auth/providers.ts';
import { findAccountById, listLiveSessions, listOrganizationsOf } from '#server/db/accounts.ts';
import type { Me, OrganizationRef, SessionView, SignInProvider } from '#server/domain/views/accounts.ts';
import { AppError } from '#server/errors.ts';
import type { PersonContext, Services } from '#server/usecases/context.ts';

export const listProviders = (services: Services): SignInProvider[] => signInProviders(services.signInProviders);

export const listOrganizations = (ctx: PersonContext): Promise<OrganizationRef[]> =>
  listOrganizationsOf(ctx.db, ctx.person.userId);

export async function readMe(ctx: PersonContext): Promise<Me> {
  const account = await findAccountById(ctx.db, ctx.person.userId);
  if (!account) throw new AppError('unauthenticated', 'Sign in to go on.');
  const { id, email, name, isOperator } = account;
  return { id, email, name, isOperator, hasPassword: account.passwordHash !== null, organizations: await listOrganizations(ctx) }; // prettier-ignore
}

/** The browsers that are signed in now. */
export async function listSessions(ctx: PersonContext): Promise<SessionView[]> {
  const rows = await listLiveSessions(ctx.db, ctx.person.userId, ctx.clock.now());
  return rows.map((row) => ({ ...row, isCurrent: row.id === ctx.person.sessionId }));
}
