import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { and, eq, isNull } from 'drizzle-orm';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { attemptLimits, networkOf } from '#server/auth/attempts.ts';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import { authOptions } from '#server/auth/options.ts';
import { hashPassword, verifyPassword } from '#server/auth/password.ts';
import { createSession, encodeSessionToken, readSession, sessionCookieName, sessionIdFromCookies } from '#server/auth/sessions.ts'; // prettier-ignore
import { signInWithPassword, signInWithProvider } from '#server/auth/sign-in.ts';
import { hashSetupCode } from '#server/auth/setup-code.ts';
import { identities, invitations, memberships, organizations, users } from '#server/db/schema/organizations.ts';
import { platformFacts } from '#server/db/schema/platform.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import type { Person } from '#server/usecases/context.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());

const password = 'correct horse battery';
let address = 0;
/** An address that no other test used, so that limits do not meet. */
const freshAddress = (): string => `198.18.${Math.floor((address += 1) / 250)}.${(address % 250) + 1}`;
async function makeUser(): Promise<{ id: string; email: string }> {
  const user = { id: newId('user'), email: `${randomSuffix(12)}@example.test` };
  await api.services.db.insert(users).values({ ...user, name: 'Ada', passwordHash: await hashPassword(password) });
  return user;
}
const now = (): Date => new Date();
const signIn = (email: string, given: string, from = freshAddress()) =>
  signInWithPassword(api.services.db, { email, password: given, address: from, now: now() });
async function openSession(userId: string): Promise<Person> {
  const sessionId = await createSession(api.services.db, { userId, userAgent: '', address: '', now: now() });
  return { userId, sessionId, isOperator: false };
}

test('the right password signs in; a wrong one, and an account without one, do not', async () => {
  const user = await makeUser();
  expect(await signIn(user.email, password)).toBe(user.id);
  expect(await signIn(user.email, 'wrong')).toBeNull();
  await api.services.db.update(users).set({ passwordHash: null }).where(eq(users.id, user.id));
  expect(await signIn(user.email, password)).toBeNull();
});

test('six attempts on an account, then 429 with the time to wait, from whatever address', async () => {
  const user = await makeUser();
  for (let attempt = 0; attempt < attemptLimits.account; attempt += 1)
    expect(await signIn(user.email, 'wrong')).toBeNull();
  const refused = await signIn(user.email, password).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'too_many' });
  expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(0);
});

test('a hundred attempts at once pass no more than the limit', async () => {
  const user = await makeUser();
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => signIn(user.email, 'wrong')));
  expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(attemptLimits.account);
});

test('one network is limited over all accounts, an IPv6 /64 as one', async () => {
  const from = (index: number): string => `2001:db8:0:7::${index.toString(16)}`;
  const answers: string[] = [];
  for (let index = 0; index < attemptLimits.network + 1; index += 1)
    answers.push(await signIn(`${randomSuffix(10)}@example.test`, 'x', from(index)).then(() => 'judged', () => 'refused')); // prettier-ignore
  expect(answers.indexOf('refused')).toBe(attemptLimits.network);
  expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'));
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
}, 60_000);

test('an unknown account takes as long as a wrong password', async () => {
  const user = await makeUser();
  const stored = (await api.services.db.select({ hash: users.passwordHash }).from(users).where(eq(users.id, user.id)))[0]?.hash ?? null; // prettier-ignore
  const cpu = async (hash: string | null): Promise<number> => {
    const start = process.cpuUsage();
    for (let round = 0; round < 5; round += 1) await verifyPassword(hash, 'wrong');
    const { user: spent, system } = process.cpuUsage(start);
    return spent + system;
  };
  const [known, unknown] = [await cpu(stored), await cpu(null)];
  expect(unknown / known).toBeGreaterThan(0.5);
  expect(unknown / known).toBeLessThan(2);
});

test('a session cookie counts only whole, unexpired, unrevoked and of a user that exists', async () => {
  const user = await makeUser();
  const secret = 's'.repeat(43);
  const { sessionId } = await openSession(user.id);
  const token = await encodeSessionToken(secret, sessionId);
  const read = (value: string, key = secret) => sessionIdFromCookies(key, `a=b; ${sessionCookieName}=${value}`);
  expect(await read(token)).toBe(sessionId);
  expect(await read(`${token.slice(0, -2)}${token.endsWith('A') ? 'B' : 'A'}x`)).toBeNull();
  expect(await read(token, 't'.repeat(43))).toBeNull();
  expect(await read('')).toBeNull();
  const { db } = api.services;
  expect(await readSession(db, sessionId, now())).toMatchObject({ userId: user.id });
  expect(await readSession(db, sessionId, new Date(Date.now() + 31 * 24 * 3600_000))).toBeNull();
  await db.delete(users).where(eq(users.id, user.id));
  expect(await readSession(db, sessionId, now())).toBeNull();
});

test('changing the password signs out every other browser at once and keeps this one', async () => {
  const user = await makeUser();
  const [here, there] = [await openSession(user.id), await openSession(user.id)];
  const change = { current: password, next: 'another good password' };
  const answer = await api.call(here, 'account.changePassword', change, { type: 'mutation', address: freshAddress() });
  expect(answer.data).toEqual({ revokedOthers: 1 });
  const { db } = api.services;
  expect(await readSession(db, there.sessionId, now())).toBeNull();
  expect(await readSession(db, here.sessionId, now())).not.toBeNull();
  expect(await signIn(user.email, password)).toBeNull();
});

test('nobody revokes the session of somebody else', async () => {
  const [mine, theirs] = [await makeUser(), await makeUser()];
  const [me, them] = [await openSession(mine.id), await openSession(theirs.id)];
  const answer = await api.call(me, 'account.revokeSession', { id: them.sessionId }, { type: 'mutation' });
  const random = await api.call(me, 'account.revokeSession', { id: newId('session') }, { type: 'mutation' });
  expect(answer.body).toBe(random.body);
  expect(await readSession(api.services.db, them.sessionId, now())).not.toBeNull();
});

test('a provider links by a verified address only', async () => {
  const { db } = api.services;
  const user = await makeUser();
  const profile = { provider: 'oidc' as const, subject: randomSuffix(10), name: 'Ada', verifiedEmail: null };
  expect(await signInWithProvider(db, profile, now())).toBeNull();
  expect(await signInWithProvider(db, { ...profile, verifiedEmail: 'stranger@example.test' }, now())).toBeNull();
  expect(await db.$count(identities, eq(identities.subject, profile.subject))).toBe(0);
  expect(await signInWithProvider(db, { ...profile, verifiedEmail: user.email }, now())).toBe(user.id);
  expect(await signInWithProvider(db, profile, now())).toBe(user.id); // linked by the subject from now on
});

test('a provider makes an account only for open invitations, which it uses up', async () => {
  const { db } = api.services;
  const email = `${randomSuffix(10)}@example.test`;
  const invite = async (role: 'developer' | 'viewer', expiresAt: Date): Promise<string> => {
    const orgId = newId('organization');
    await db.insert(organizations).values({ id: orgId, slug: `o-${randomSuffix(8)}`, name: 'O' });
    await db.insert(invitations).values({ id: newId('invitation'), orgId, email, role, tokenHash: randomSuffix(20), expiresAt }); // prettier-ignore
    return orgId;
  };
  const identity = { provider: 'oidc' as const, subject: randomSuffix(10), name: 'Ada', verifiedEmail: email };
  await invite('viewer', new Date(Date.now() - 1));
  expect(await signInWithProvider(db, identity, now())).toBeNull();
  const [one, two] = [await invite('viewer', new Date(Date.now() + 60_000)), await invite('developer', new Date(Date.now() + 60_000))]; // prettier-ignore
  const userId = (await signInWithProvider(db, identity, now())) ?? '';
  expect(userId).toMatch(/^usr_/);
  const joined = await db.select().from(memberships).where(eq(memberships.userId, userId));
  expect(new Map(joined.map(({ orgId, role }) => [orgId, role]))).toEqual(new Map([[one, 'viewer'], [two, 'developer']])); // prettier-ignore
  expect(await db.$count(invitations, and(eq(invitations.email, email), isNull(invitations.usedAt)))).toBe(1);
});

test('next-auth’s token holds a session id and nothing else, and none once it is revoked', async () => {
  const user = await makeUser();
  const { db, clock, log } = api.services;
  const options = authOptions({ db, clock, log, secret: 's', settings: { GITHUB_URL: 'https://github.com', OIDC_NAME: '' } }, { address: '', userAgent: '' }, { tooMany: null }); // prettier-ignore
  const jwt = options.callbacks?.jwt;
  const token = await jwt?.({
    token: { name: 'x', email: 'y' },
    user: { id: user.id },
    account: null,
    trigger: 'signIn',
  });
  expect(Object.keys(token ?? {})).toEqual(['sid']);
  const again = { token: token ?? {}, user: { id: '' }, account: null };
  expect(await jwt?.(again)).toEqual(token);
  await db.delete(users).where(eq(users.id, user.id));
  expect(await jwt?.(again)).toEqual({});
});

const setup = { name: 'Ada', email: 'first@example.test', password, organization: 'Acme & Sons' };
test('the first run needs the code, closes after use, and then answers as if it never was', async () => {
  const run = (code: string) => api.call(null, 'setup.complete', { ...setup, code }, { type: 'mutation', address: freshAddress() }); // prettier-ignore
  const never = await run('aaaaa-bbbbb-ccccc-ddddd');
  const value = { codeHash: hashSetupCode('7k2mq-11111-22222-33333'), closedAt: null };
  await api.services.db.insert(platformFacts).values({ key: 'setup', value });
  expect((await api.call(null, 'setup.status', undefined)).data).toEqual({ open: true });
  expect(await run('7k2mq-11111-22222-33334')).toMatchObject({ status: 404, field: 'code' });
  expect((await run('7K2MQ 11111 22222 33333')).data).toEqual({ email: setup.email, org: 'acme-sons' });
  expect((await api.call(null, 'setup.status', undefined)).data).toEqual({ open: false });
  const closed = await run('7k2mq-11111-22222-33333');
  expect({ status: closed.status, body: closed.body }).toEqual({ status: 404, body: never.body });
  expect(await signIn(setup.email, password)).toMatch(/^usr_/);
});

test.each(['a@x.com,b@y.com', '"a@x.com"@y.com', 'a＠x.com', 'a@x.com\r\nBcc: b@y.com', 'a@', '@b', 'a b@c.de'])(
  'the address %s is refused',
  async (email) => {
    const answer = await api.call(null, 'setup.complete', { ...setup, email, code: 'x' }, { type: 'mutation' });
    expect(answer).toMatchObject({ status: 400, field: 'email' });
  },
);

test('deploy keys are Ed25519 in OpenSSH form and never the same', () => {
  const [one, two] = [generateDeployKeyPair(), generateDeployKeyPair()];
  expect(one.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]+=* slipway$/);
  expect(one.publicKey).not.toBe(two.publicKey);
  expect(String(one.privateKey)).toBe('[secret]');
});
