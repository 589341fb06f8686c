/** The configured sign-in providers, in next-auth's form. E-mail addresses count only when the provider verified them. */
import type { OAuthConfig } from 'next-auth/providers/oauth';
import * as z from 'zod';
import type { Config } from '#server/config.ts';
import type { SignInProvider } from '#server/domain/views/accounts.ts';

export type ProviderSettings = Pick<Config, 'GITHUB_URL' | 'GITHUB_CLIENT_ID' | 'GITHUB_CLIENT_SECRET' | 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET' | 'OIDC_NAME'>; // prettier-ignore

const githubUser = z.object({ id: z.number(), login: z.string(), name: z.string().nullish() });
const githubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));
/** GitHub's own API has a host of its own; an Enterprise server's is below its `/api/v3`. */
const githubApi = (url: string): string => (url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`);
async function githubGet(url: string, token: string): Promise<unknown> {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'user-agent': 'slipway' },
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status}`);
  return answer.json();
}
/** Profile as our callbacks read it: `sub`, `name`, `email`, `email_verified`; of the addresses the primary one. */
export function githubClaims(
  user: z.output<typeof githubUser>,
  emails: z.output<typeof githubEmails>,
): Record<string, unknown> {
  const primary = emails.find((entry) => entry.primary);
  return {
    sub: String(user.id),
    name: user.name ?? user.login,
    email: primary?.email ?? null,
    email_verified: primary?.verified ?? false,
  };
}
async function githubProfile(api: string, token: string): Promise<Record<string, unknown>> {
  const user = githubUser.parse(await githubGet(`${api}/user`, token));
  return githubClaims(user, githubEmails.parse(await githubGet(`${api}/user/emails`, token)));
}

type Profile = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** An issuer's subject is unique within the issuer only, so that another issuer's same subject is another person. */
const asUser = (profile: Profile): { id: string; name: string } => ({
  id: [text(profile['iss']), text(profile['sub'])].filter(Boolean).join(' '),
  name: text(profile['name']),
});

const claimsOf = z.record(z.string(), z.unknown());
/**
 * The claims to judge. Many issuers put the address into the ID token; the standard's own place is userinfo. Address and
 * its verification come from the same answer, issuer and subject from the ID token alone.
 * @throws Error when userinfo is about somebody else.
 */
export async function oidcProfile(claims: Profile, userinfo: (() => Promise<Profile>) | null): Promise<Profile> {
  if (!userinfo || ('email' in claims && 'email_verified' in claims)) return claims;
  const more = await userinfo();
  if (more['sub'] !== claims['sub']) throw new Error("userinfo is not about the ID token's subject");
  return { ...more, iss: claims['iss'], sub: claims['sub'] };
}

function github(settings: ProviderSettings): OAuthConfig<Profile> | null {
  if (!settings.GITHUB_CLIENT_ID || !settings.GITHUB_CLIENT_SECRET) return null;
  const url = settings.GITHUB_URL.replace(/\/+$/, '');
  return {
    id: 'github',
    name: 'GitHub',
    type: 'oauth',
    clientId: settings.GITHUB_CLIENT_ID,
    clientSecret: settings.GITHUB_CLIENT_SECRET,
    authorization: { url: `${url}/login/oauth/authorize`, params: { scope: 'read:user user:email' } },
    token: `${url}/login/oauth/access_token`,
    userinfo: { request: ({ tokens }) => githubProfile(githubApi(url), tokens.access_token ?? '') },
    checks: ['pkce', 'state'],
    profile: asUser,
  };
}
function oidc(settings: ProviderSettings): OAuthConfig<Profile> | null {
  if (!settings.OIDC_ISSUER || !settings.OIDC_CLIENT_ID || !settings.OIDC_CLIENT_SECRET) return null;
  return {
    id: 'oidc',
    name: settings.OIDC_NAME,
    type: 'oauth',
    wellKnown: `${settings.OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
    clientId: settings.OIDC_CLIENT_ID,
    clientSecret: settings.OIDC_CLIENT_SECRET,
    authorization: { params: { scope: 'openid email profile' } },
    idToken: true,
    userinfo: {
      request: ({ client, tokens }) => {
        // Verified by now: signature, issuer, audience, nonce and times. The type does not tell that it is a class.
        const claims = claimsOf.parse(typeof tokens.claims === 'function' ? tokens.claims() : null);
        const token = client.issuer.metadata.userinfo_endpoint ? tokens.access_token : undefined;
        return oidcProfile(claims, token ? () => client.userinfo(token) : null);
      },
    },
    checks: ['pkce', 'state', 'nonce'],
    profile: asUser,
  };
}
export const oauthProviders = (settings: ProviderSettings): OAuthConfig<Profile>[] =>
  [github(settings), oidc(settings)].filter((provider) => provider !== null);

/** What the sign-in page offers. */
export const signInProviders = (settings: ProviderSettings): SignInProvider[] => [
  { id: 'credentials', name: 'E-mail and password' },
  ...oauthProviders(settings).map((provider) => ({
    id: provider.id === 'github' ? ('github' as const) : ('oidc' as const),
    name: provider.name,
  })),
];
