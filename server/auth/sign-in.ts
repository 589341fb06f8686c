/** Deciding who signs in. next-auth asks here; nothing here depends on it. */
import { clearAttempts, countAttempt } from '#server/auth/attempts.ts';
import { verifyPassword } from '#server/auth/password.ts';
import { findAccountByEmail, findAccountByIdentity } from '#server/db/accounts.ts';
import type { Db, Tx } from '#server/db/client.ts';
import { identities, users } from '#server/db/schema/organizations.ts';
import { lockOpenInvitationsOf } from '#server/db/system/invitations.ts';
import { newId } from '#server/ids.ts';
import { joinOrganization } from '#server/usecases/use-invitation.ts';

/**
 * The user of that e-mail address and password, or null. Unknown and wrong take the same time and answer the same.
 * @throws AppError too_many past the limits of the account or the network.
 */
export async function signInWithPassword(
  db: Db,
  input: { email: string; password: string; address: string; now: Date },
): Promise<string | null> {
  await countAttempt(db, input.now, input.email, input.address);
  const account = await findAccountByEmail(db, input.email);
  const fits = await verifyPassword(account?.passwordHash ?? null, input.password);
  if (!fits || !account) return null;
  await clearAttempts(db, input.email);
  return account.id;
}

export interface ProviderProfile {
  provider: 'github' | 'oidc';
  /** The provider's own, never changing id. */
  subject: string;
  /** Lower case; null unless the provider says that it verified it. */
  verifiedEmail: string | null;
  name: string;
}
/**
 * The user that a provider's account stands for, or null when it may not sign in. A verified address links to the account
 * of the same address, or makes one that joins by its open invitations; an unverified one links to nothing.
 */
export async function signInWithProvider(db: Db, profile: ProviderProfile, now: Date): Promise<string | null> {
  const known = await findAccountByIdentity(db, profile.provider, profile.subject);
  if (known) return known.id;
  const email = profile.verifiedEmail;
  if (!email) return null;
  return db.transaction(async (tx) => {
    const userId = (await findAccountByEmail(tx, email))?.id ?? (await joinAsInvited(tx, email, profile.name, now));
    if (userId) await tx.insert(identities).values({ provider: profile.provider, subject: profile.subject, userId });
    return userId;
  });
}

/** The new account of an invited address, a member where it was invited; null when it is not invited. */
async function joinAsInvited(tx: Tx, email: string, name: string, now: Date): Promise<string | null> {
  const open = await lockOpenInvitationsOf(tx, email, now);
  if (open.length === 0) return null;
  const userId = newId('user');
  await tx.insert(users).values({ id: userId, email, name: name.trim().slice(0, 60) || email });
  for (const invitation of open) await joinOrganization(tx, invitation, userId, now);
  return userId;
}
