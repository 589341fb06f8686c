/**
 * Sessions. The cookie holds an encrypted token whose only claim of ours is a session id; the row decides. Revoking the
 * row signs the browser out at its next request.
 */
import { eq } from 'drizzle-orm';
import { decode, encode } from 'next-auth/jwt';
import type { Db } from '#server/db/client.ts';
import { findLiveSession } from '#server/db/accounts.ts';
import { sessions } from '#server/db/schema/organizations.ts';
import { newId } from '#server/ids.ts';
import type { Person } from '#server/usecases/context.ts';

export const sessionCookieName = '__Host-slipway.session';
export const sessionSeconds = 30 * 24 * 3600;
/** `last_seen_at` is written at most this often. */
const seenMs = 60_000;

/** Makes the row of a new sign-in; its id goes into the token. */
export async function createSession(
  db: Db,
  input: { userId: string; userAgent: string; address: string; now: Date },
): Promise<string> {
  const id = newId('session', input.now.getTime());
  await db.insert(sessions).values({
    id,
    userId: input.userId,
    userAgent: input.userAgent.slice(0, 300),
    address: input.address.slice(0, 60),
    createdAt: input.now,
    lastSeenAt: input.now,
    expiresAt: new Date(input.now.getTime() + sessionSeconds * 1000),
  });
  return id;
}

/** Who the session belongs to, or null when it was revoked, is over or never was. */
export async function readSession(db: Db, sessionId: string, now: Date): Promise<Person | null> {
  const row = await findLiveSession(db, sessionId, now);
  if (!row) return null;
  if (now.getTime() - row.lastSeenAt.getTime() > seenMs)
    await db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, row.id));
  return { userId: row.userId, sessionId: row.id, isOperator: row.isOperator };
}

export const encodeSessionToken = (secret: string, sessionId: string): Promise<string> =>
  encode({ token: { sid: sessionId }, secret, maxAge: sessionSeconds });

const cookieValue = (header: string, name: string): string | null => {
  for (const part of header.split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return decodeURIComponent(value.join('='));
  }
  return null;
};
/** The session id in a Cookie header, or null when there is none or it was not made with this secret. */
export async function sessionIdFromCookies(secret: string, header: string): Promise<string | null> {
  try {
    const token = cookieValue(header, sessionCookieName);
    const claims = token ? await decode({ token, secret }) : null;
    return typeof claims?.['sid'] === 'string' ? claims['sid'] : null;
  } catch {
    return null; // a damaged or foreign token is no token
  }
}
