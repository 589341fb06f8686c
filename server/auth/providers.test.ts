import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { authOptions } from '#server/auth/options.ts';
import { githubClaims, oauthProviders, oidcProfile } from '#server/auth/providers.ts';
import { users } from '#server/db/schema/organizations.ts';
import { newId, randomSuffix } from '#server/ids.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());

const settings = {
  GITHUB_URL: 'https://github.com', GITHUB_CLIENT_ID: 'g', GITHUB_CLIENT_SECRET: 'g', OIDC_ISSUER: 'https://id.example.test/', OIDC_CLIENT_ID: 'o', OIDC_CLIENT_SECRET: 'o', OIDC_NAME: 'Harbour ID',
}; // prettier-ignore
type Claims = Record<string, unknown>;

/** What the sign-in callback answers to the provider's claims: true, false, or where to go instead. */
async function judge(provider: 'github' | 'oidc', claims: Claims, broken = false) {
  const { db, clock, log } = api.services;
  const options = authOptions({ db, clock, log, secret: 's', settings }, { address: '', userAgent: '' }, { tooMany: null }); // prettier-ignore
  const config = oauthProviders(settings).find(({ id }) => id === provider);
  const user = { id: broken ? '\0' : '', ...(await config?.profile(claims, {})) };
  const account = { provider, type: 'oauth' as const, providerAccountId: broken ? '\0' : user.id };
  return { answer: await options.callbacks?.signIn?.({ user, account, profile: claims }), userId: user.id };
}
async function makeUser(): Promise<{ id: string; email: string }> {
  const user = { id: newId('user'), email: `${randomSuffix(12)}@example.test` };
  await api.services.db.insert(users).values({ ...user, name: 'Ada' });
  return user;
}

test('an address counts only when the claim says true, and the answer is the same whoever has it', async () => {
  const { id, email } = await makeUser();
  const claims = { iss: 'https://id.example.test', sub: randomSuffix(8) };
  for (const unverified of [false, undefined, null, 'true', 1])
    for (const address of [email, `${randomSuffix(12)}@example.test`])
      expect((await judge('oidc', { ...claims, email: address, email_verified: unverified })).answer).toBe('/sign-in?error=Unverified'); // prettier-ignore
  expect((await judge('oidc', claims)).answer).toBe(false);
  expect((await judge('oidc', { ...claims, email_verified: true })).answer).toBe(false);
  expect(await judge('oidc', { ...claims, email, email_verified: true })).toEqual({ answer: true, userId: id });
});

test('the same subject of another issuer is another person', async () => {
  const { id, email } = await makeUser();
  const sub = randomSuffix(8);
  const first = { iss: 'https://id.example.test', sub };
  expect(await judge('oidc', { ...first, email, email_verified: true })).toEqual({ answer: true, userId: id });
  expect(await judge('oidc', first)).toEqual({ answer: true, userId: id });
  expect((await judge('oidc', { iss: 'https://other.example.test', sub })).answer).toBe(false);
  expect((await judge('github', { sub })).answer).toBe(false);
});

test('a failure tells its cause to the log, not to the address bar', async () => {
  expect((await judge('oidc', { iss: 'i', sub: 's' }, true)).answer).toBe('/sign-in?error=Callback');
});

test('an issuer whose ID token has no address is asked for it, about the same subject', async () => {
  const claims = { iss: 'i', sub: 's', nonce: 'n' };
  const complete = { ...claims, email: 'a@b.test', email_verified: false };
  const never = () => Promise.reject(new Error('was asked'));
  expect(await oidcProfile(complete, never)).toEqual(complete);
  expect(await oidcProfile(claims, null)).toEqual(claims);
  const more = { sub: 's', iss: 'forged', email: 'a@b.test', email_verified: true };
  expect(await oidcProfile(claims, () => Promise.resolve(more))).toEqual({ ...more, iss: 'i' });
  // An address of the token never gets the verification of another answer.
  const halves = await oidcProfile({ ...claims, email: 'x@y.test' }, () => Promise.resolve({ sub: 's', email_verified: true })); // prettier-ignore
  expect(halves['email']).toBeUndefined();
  await expect(oidcProfile(claims, () => Promise.resolve({ ...more, sub: 't' }))).rejects.toThrow('subject');
});

test('of GitHub the primary address counts, and only when it is verified there', async () => {
  const { id, email } = await makeUser();
  const user = { id: Number(BigInt(Date.now()) % 1_000_000_007n), login: 'ada', name: null };
  const entry = { email, primary: true, verified: true };
  const other = { email: `${randomSuffix(8)}@example.test`, primary: true, verified: true };
  expect(githubClaims(user, [])).toMatchObject({ sub: String(user.id), name: 'ada', email: null, email_verified: false }); // prettier-ignore
  const answer = async (emails: Parameters<typeof githubClaims>[1]) => (await judge('github', githubClaims(user, emails))).answer; // prettier-ignore
  expect(await answer([{ ...entry, verified: false }])).toBe('/sign-in?error=Unverified');
  expect(await answer([{ ...entry, primary: false }, other])).toBe(false);
  expect(await answer([])).toBe(false);
  expect(await judge('github', githubClaims(user, [entry]))).toEqual({ answer: true, userId: id });
});

test('a provider is offered only when it is configured whole', () => {
  expect(oauthProviders(settings).map(({ id, name }) => [id, name])).toEqual([['github', 'GitHub'], ['oidc', 'Harbour ID']]); // prettier-ignore
  expect(
    oauthProviders({
      OIDC_NAME: 'x',
      OIDC_ISSUER: 'https://id.example.test',
      GITHUB_URL: 'https://github.com',
      GITHUB_CLIENT_ID: 'g',
    }),
  ).toEqual([]);
  expect(oauthProviders(settings).map(({ checks }) => checks)).toEqual([['pkce', 'state'], ['pkce', 'state', 'nonce']]); // prettier-ignore
});
