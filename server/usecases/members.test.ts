import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { invitations, sessions, users } from '#server/db/schema/organizations.ts';
import type { Role } from '#server/domain/words.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import type { Person } from '#server/usecases/context.ts';

let api: TestApi;
let world: World;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());
beforeEach(async () => {
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'planted-secret-value');
});
const as = (who: Person | null, procedure: string, input: object) =>
  api.call(who, procedure, input, { type: 'mutation', address: `198.51.100.${Math.floor(Math.random() * 250)}` });
const setRole = (who: Person, userId: string, role: Role) => as(who, 'members.setRole', { org: world.org, userId, role }); // prettier-ignore
const invite = (who: Person, email: string, role: Role) => as(who, 'members.invite', { org: world.org, email, role });

test('an admin neither invites nor makes an owner, nor touches one', async () => {
  const { admin, owner, viewer } = world.people;
  expect((await invite(admin, 'x@example.test', 'owner')).status).toBe(403);
  expect((await setRole(admin, viewer.userId, 'owner')).status).toBe(403);
  expect((await setRole(admin, owner.userId, 'viewer')).status).toBe(403);
  expect((await as(admin, 'members.remove', { org: world.org, userId: owner.userId })).status).toBe(403);
});

test('nobody changes their own role', async () => {
  const { admin, owner } = world.people;
  expect((await setRole(admin, admin.userId, 'owner')).status).toBe(403);
  expect((await setRole(owner, owner.userId, 'viewer')).status).toBe(403);
});

test('the last owner stays, also when two leave at once', async () => {
  const { owner, admin } = world.people;
  const leave = (who: Person) => as(who, 'members.remove', { org: world.org, userId: who.userId });
  expect((await leave(owner)).status).toBe(409);
  await setRole(owner, admin.userId, 'owner');
  const answers = await Promise.all([leave(owner), leave(admin)]);
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
});

test('a member who was taken out is a stranger at the next request', async () => {
  const { owner, viewer } = world.people;
  await as(owner, 'members.remove', { org: world.org, userId: viewer.userId });
  expect((await api.call(viewer, 'projects.list', { org: world.org })).status).toBe(404);
});

async function somebody(email: string): Promise<Person> {
  const person = { userId: newId('user'), sessionId: newId('session'), isOperator: false };
  await api.services.db.insert(users).values({ id: person.userId, email, name: 'Eve' });
  await api.services.db.insert(sessions).values({ id: person.sessionId, userId: person.userId, expiresAt: new Date(Date.now() + 10_000) }); // prettier-ignore
  return person;
}
const tokenOf = (answer: { data: unknown }): string => (answer.data as { url: string }).url.split('#')[1] ?? '';

test('an invitation is for its address, once, until it is withdrawn, replaced or over', async () => {
  const { owner } = world.people;
  const email = `${randomSuffix(8)}@example.test`;
  const first = tokenOf(await invite(owner, email, 'developer'));
  const second = tokenOf(await invite(owner, email, 'viewer'));
  const [invited, other] = [await somebody(email), await somebody(`${randomSuffix(8)}@example.test`)];
  const accept = (who: Person, token: string) => as(who, 'members.accept', { token });
  expect((await accept(invited, first)).status).toBe(404);
  expect((await accept(other, second)).status).toBe(403);
  expect((await accept(invited, second)).data).toEqual({ org: world.org });
  expect((await accept(invited, second)).status).toBe(404);
  const withdrawn = await invite(owner, `${randomSuffix(8)}@example.test`, 'viewer');
  await as(owner, 'members.revokeInvitation', { org: world.org, id: (withdrawn.data as { id: string }).id });
  expect((await as(null, 'members.join', { token: tokenOf(withdrawn), name: 'X', password: 'long enough pw' })).status).toBe(404); // prettier-ignore
  const late = await invite(owner, `${randomSuffix(8)}@example.test`, 'viewer');
  await api.services.db.update(invitations).set({ expiresAt: new Date(Date.now() - 1) }).where(eq(invitations.id, (late.data as { id: string }).id)); // prettier-ignore
  expect((await api.call(null, 'members.invitation', { token: tokenOf(late) })).status).toBe(404);
});

test('somebody new joins with the role of the invitation, once, also when the link is used twice at the same time', async () => {
  const { owner } = world.people;
  const email = `${randomSuffix(8)}@example.test`;
  const token = tokenOf(await invite(owner, email, 'developer'));
  expect((await api.call(null, 'members.invitation', { token })).data).toMatchObject({ email, role: 'developer', hasAccount: false }); // prettier-ignore
  const join = () => as(null, 'members.join', { token, name: 'New', password: 'long enough pw' });
  const answers = await Promise.all([join(), join()]);
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 404]);
  const { data } = await api.call(owner, 'members.list', { org: world.org });
  expect((data as { email: string; role: Role }[]).filter((row) => row.email === email)).toMatchObject([{ role: 'developer' }]); // prettier-ignore
});

test('the token of an invitation is not in the database', async () => {
  const token = tokenOf(await invite(world.people.owner, 'y@example.test', 'viewer'));
  const rows = await api.services.db.select().from(invitations);
  expect(JSON.stringify(rows)).not.toContain(token);
});
