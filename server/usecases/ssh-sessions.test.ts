import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import { systemClock } from '#server/clock.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type MadeDeployment, makeDeployment } from '#server/db/testing-makers.ts';
import { memberships } from '#server/db/schema/organizations.ts';
import { auditEntries } from '#server/db/schema/platform.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { sshKeys } from '#server/db/schema/ssh.ts';
import { newId } from '#server/ids.ts';
import type { SessionGrant, SessionQuery } from '#server/ssh/desk.ts';
import { ensureHostKeys, readHostKeys } from '#server/ssh/host-keys.ts';
import { PassDesk, signPass } from '#server/ssh/passes.ts';
import { closeSshConnection, expiredSshConnections, findSshKey, openSshSession, type SshContext } from '#server/usecases/ssh-sessions.ts'; // prettier-ignore
import { testKey } from '#server/usecases/testing.ts';

let database: TestDatabase;
let ctx: SshContext;
let made: MadeDeployment;
let handle = '';
let keyId = '';
let blob = '';
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  ctx = { db: database.db, clock: systemClock, passKey: testKey, publicUrl: 'https://slipway.example.test', connections: new Map() }; // prettier-ignore
  made = await makeDeployment(database.db);
  const [row] = await database.db.select().from(deployments).where(eq(deployments.id, made.deploymentId));
  handle = row?.handle ?? '';
  keyId = newId('sshKey');
  blob = generateDeployKeyPair().publicKey.split(' ')[1] ?? '';
  await database.db.insert(sshKeys).values({ id: keyId, userId: made.userId, name: 'Laptop', algorithm: 'ssh-ed25519', fingerprint: blob, blob }); // prettier-ignore
});
const open = (change: Partial<SessionQuery> = {}): Promise<SessionGrant> =>
  openSshSession(ctx, {
    keyId,
    connectionId: 'con_1',
    login: handle,
    address: '203.0.113.9',
    want: 'shell',
    ...change,
  });
const refusal = async (change: Partial<SessionQuery> = {}): Promise<string> => {
  const grant = await open(change);
  return grant.kind === 'refused' ? grant.message : 'granted';
};

describe('who may open a session', () => {
  test('an unknown key is told where to add it, but not where somebody signed in before', async () => {
    const query = { blob: 'AAAA', fingerprint: 'SHA256:x', address: '198.51.100.7' };
    expect(await findSshKey(ctx, query)).toMatchObject({ keyId: null, hint: expect.stringContaining('/ssh-keys') as string }); // prettier-ignore
    await database.db.update(sshKeys).set({ lastUsedFrom: query.address }).where(eq(sshKeys.id, keyId));
    expect(await findSshKey(ctx, query)).toEqual({ keyId: null, hint: '' });
    expect(await findSshKey(ctx, { ...query, blob })).toEqual({ keyId });
  });

  test('another organization’s deployment answers like one that does not exist', async () => {
    const other = await makeDeployment(database.db);
    const [row] = await database.db.select().from(deployments).where(eq(deployments.id, other.deploymentId));
    const foreign = await refusal({ login: row?.handle ?? '' });
    const nothing = await refusal({ login: 'nothing-here-0000' });
    expect(foreign.replace(row?.handle ?? '', 'X')).toBe(nothing.replace('nothing-here-0000', 'X'));
  });

  test('a viewer, a suspended deployment and one without anything live read why', async () => {
    expect(await refusal()).toContain('Deploy it first');
    await database.db.update(deployments).set({ power: 'suspended' }).where(eq(deployments.id, made.deploymentId));
    expect(await refusal()).toContain('is suspended');
    await database.db.update(memberships).set({ role: 'viewer' }).where(eq(memberships.userId, made.userId));
    expect(await refusal()).toContain('Your role');
    await database.db.delete(sshKeys).where(eq(sshKeys.id, keyId));
    expect(await refusal()).toBe('Your key was removed.');
  });

  test('who lost the key or the membership is named at the next look', async () => {
    const connection = { connectionId: 'con_1', keyId, orgId: made.orgId };
    expect(await expiredSshConnections(ctx, [connection])).toEqual([]);
    await database.db.update(memberships).set({ role: 'viewer' }).where(eq(memberships.userId, made.userId));
    expect(await expiredSshConnections(ctx, [connection])).toHaveLength(1);
    await database.db.delete(sshKeys).where(eq(sshKeys.id, keyId));
    expect(await expiredSshConnections(ctx, [{ ...connection, orgId: null }])).toHaveLength(1);
  });

  test('the end of a session is written down with its length, once', async () => {
    const since = new Date(Date.now() - 61_000);
    ctx.connections.set('con_1', { orgId: made.orgId, actorId: made.userId, deploymentId: made.deploymentId, since, keyId }); // prettier-ignore
    await closeSshConnection(ctx, 'con_1');
    await closeSshConnection(ctx, 'con_1');
    const rows = await database.db.select().from(auditEntries).where(eq(auditEntries.orgId, made.orgId));
    expect(rows.map((row) => [row.action, row.data['seconds']])).toEqual([['session.close', 61]]);
  });
});

test('host keys are made once, sealed, and stay the same', async () => {
  const first = await ensureHostKeys(database.db, testKey);
  const keys = await readHostKeys(database.db, testKey);
  expect(await ensureHostKeys(database.db, testKey)).toBe(first);
  expect(await readHostKeys(database.db, testKey)).toEqual(keys);
  await expect(readHostKeys(database.db, Buffer.alloc(32, 9))).rejects.toMatchObject({ code: 'internal' });
});

test('a pass opens its instance for its use, once and in time', () => {
  let now = Date.now();
  const desk = new PassDesk(testKey, () => now);
  const pass = (key = testKey): string => signPass(key, 'ins_1', { kind: 'shell' }, new Date(now));
  const good = pass();
  expect(desk.redeem(good, { kind: 'dial', port: 80 })).toBeNull();
  expect(desk.redeem(good.replace('ins_1', 'ins_2'), { kind: 'shell' })).toBeNull();
  expect(desk.redeem(good, { kind: 'shell' })).toBe('ins_1');
  expect(desk.redeem(good, { kind: 'shell' })).toBeNull();
  expect(desk.redeem(pass(Buffer.alloc(32, 9)), { kind: 'shell' })).toBeNull();
  const late = pass();
  now += 21_000;
  expect(desk.redeem(late, { kind: 'shell' })).toBeNull();
  expect(['', '.', 'a.b.c'].map((text) => desk.redeem(text, { kind: 'shell' }))).toEqual([null, null, null]);
});
