/** next-auth's options for one request: who signs in is decided in `sign-in.ts`, whether a session lives in `sessions.ts`. */
import type { NextAuthOptions } from 'next-auth';
import * as z from 'zod';
import { oauthProviders, type ProviderSettings } from '#server/auth/providers.ts';
import { createSession, readSession, sessionCookieName, sessionSeconds } from '#server/auth/sessions.ts';
import { signInWithPassword, signInWithProvider } from '#server/auth/sign-in.ts';
import type { Clock } from '#server/clock.ts';
import { email as emailField, givenPassword } from '#server/domain/account-fields.ts';
import { revokeSessions } from '#server/db/accounts.ts';
import type { Db } from '#server/db/client.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';

export interface AuthDependencies {
  db: Db;
  clock: Clock;
  /** Encrypts the cookie's token. */
  secret: string;
  settings: ProviderSettings;
  log: Logger;
}
export interface AuthRequest {
  address: string;
  userAgent: string;
}
/** Set when the limits refused the attempt, so that the route answers 429 instead of next-auth's 401. */
export interface AuthOutcome {
  tooMany: AppError | null;
}

const cookie = (name: string) => ({
  name: `__Host-slipway.${name}`,
  options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: true },
});
const credentialsInput = z.object({ email: emailField, password: givenPassword });
const refusedPath = (error: string): string => `/sign-in?error=${error}`;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function authOptions(deps: AuthDependencies, request: AuthRequest, outcome: AuthOutcome): NextAuthOptions {
  const { db, clock } = deps;
  return {
    secret: deps.secret,
    session: { strategy: 'jwt', maxAge: sessionSeconds },
    useSecureCookies: true,
    cookies: {
      sessionToken: { ...cookie('session'), name: sessionCookieName },
      callbackUrl: cookie('callback'),
      csrfToken: cookie('csrf'),
      pkceCodeVerifier: cookie('pkce'),
      state: cookie('state'),
      nonce: cookie('nonce'),
    },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    providers: [
      {
        id: 'credentials',
        name: 'E-mail and password',
        type: 'credentials',
        credentials: {},
        authorize: async (given: unknown) => {
          const input = credentialsInput.safeParse(given);
          if (!input.success) return null;
          try {
            const userId = await signInWithPassword(db, { ...input.data, ...request, now: clock.now() });
            return userId ? { id: userId } : null;
          } catch (error) {
            if (error instanceof AppError && error.code === 'too_many') outcome.tooMany = error;
            return null;
          }
        },
      },
      ...oauthProviders(deps.settings),
    ],
    callbacks: {
      signIn: async ({ user, account, profile }) => {
        if (account?.type !== 'oauth') return true;
        const claims: Record<string, unknown> = { ...profile };
        const isVerified = claims['email_verified'] === true;
        const email = isVerified ? emailField.safeParse(claims['email']) : null;
        const identity = {
          provider: account.provider === 'github' ? ('github' as const) : ('oidc' as const),
          subject: account.providerAccountId,
          verifiedEmail: email?.success ? email.data : null,
          name: text(claims['name']),
        };
        try {
          const userId = await signInWithProvider(db, identity, clock.now());
          // Said whether or not an account has the address.
          if (!userId) return text(claims['email']) && !isVerified ? refusedPath('Unverified') : false;
          user.id = userId;
          return true;
        } catch (error) {
          // next-auth would put the error's text into the address.
          deps.log.error('sign-in failed', { provider: identity.provider, error });
          return refusedPath('Callback');
        }
      },
      jwt: async ({ token, user, trigger }) => {
        if (trigger === 'signIn' || trigger === 'signUp')
          return { sid: await createSession(db, { userId: user.id, ...request, now: clock.now() }) };
        const sid = text(token['sid']);
        return sid && (await readSession(db, sid, clock.now())) ? { sid } : {};
      },
      session: ({ session, token }) => ({ expires: token['sid'] ? session.expires : new Date(0).toISOString() }),
    },
    events: {
      signOut: async ({ token }) => {
        const sid = text(token['sid']);
        const person = sid ? await readSession(db, sid, clock.now()) : null;
        if (person) await revokeSessions(db, person.userId, { id: sid }, clock.now());
      },
    },
    logger: {
      error: (code, metadata) => deps.log.warn('sign-in failed', { code, error: metadata }),
      warn: () => undefined,
      debug: () => undefined,
    },
  };
}
