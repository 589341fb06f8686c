import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { recordEvent } from '#server/db/events.ts';
import { memberships, sessions } from '#server/db/schema/organizations.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { LogLineView, LogPage } from '#server/domain/views/releases.ts';
import type { UseCaseContext } from '#server/usecases/context.ts';
import { followEvents } from '#server/usecases/follow-events.ts';
import { followLog } from '#server/usecases/follow-log.ts';
import { readLogPage } from '#server/usecases/read-log.ts';

let api: TestApi;
let world: World;
/** Time moves when a test says so: what is asked again after 5 s is asked again at once. */
let skipped = 0;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());
beforeEach(async () => {
  skipped = 0;
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'planted-secret-value');
});
const context = (): UseCaseContext => ({
  ...api.services,
  clock: { ...api.services.clock, now: () => new Date(Date.now() + skipped) },
  actor: { ...world.people.developer, orgId: world.orgId, role: 'developer' },
});
const never = () => ({ request: new AbortController().signal, shutdown: new AbortController().signal });
const record = (kind: string) =>
  recordEvent(api.services.db, { orgId: world.orgId, projectId: world.projectId, deploymentId: world.deploymentId, kind, actorId: world.people.owner.userId }); // prettier-ignore
const next = async <T>(stream: AsyncGenerator<readonly [string, T]>): Promise<readonly [string, T]> => {
  const step = await stream.next();
  if (step.done) throw new Error('the stream ended');
  return step.value;
};

test('events come in order, and resuming from a number misses none and repeats none', async () => {
  const stream = followEvents(context(), { after: null }, never());
  const [start, hello] = await next(stream);
  expect(hello).toEqual({ kind: 'hello' });
  for (const kind of ['a', 'b', 'c']) await record(kind);
  const seen = [await next(stream), await next(stream)];
  expect(seen.map(([, event]) => event.kind)).toEqual(['a', 'b']);
  await stream.return(undefined);
  await record('d');
  const resumed = followEvents(context(), { after: Number(seen[1]?.[0]) }, never());
  expect([await next(resumed), await next(resumed)].map(([, event]) => event.kind)).toEqual(['c', 'd']);
  const again = followEvents(context(), { after: Number(start) }, never());
  expect((await next(again))[1].kind).toBe('a');
  await Promise.all([resumed.return(undefined), again.return(undefined)]);
});

test('a reader who comes back after very long starts anew', async () => {
  const [start] = await next(followEvents(context(), { after: null }, never()));
  const stream = followEvents(context(), { after: Number(start) - 100_000 }, never());
  expect((await next(stream))[1]).toEqual({ kind: 'hello' });
});

test.each(['session', 'membership'])('a stream ends when the %s is taken away', async (what) => {
  const ctx = context();
  const stream = followEvents(ctx, { after: null }, never());
  await next(stream);
  const { db } = api.services;
  const { userId, sessionId } = ctx.actor;
  if (what === 'session') await db.update(sessions).set({ revokedAt: new Date() }).where(eq(sessions.id, sessionId));
  else await db.delete(memberships).where(eq(memberships.userId, userId));
  skipped = 5000;
  await record('secret');
  await expect(stream.next()).rejects.toMatchObject({ code: what === 'session' ? 'unauthenticated' : 'forbidden' });
});

test('at shutdown a stream breaks, so that the browser comes back; when the reader leaves it just ends', async () => {
  const stop = new AbortController();
  const broken = followEvents(context(), { after: null }, { ...never(), shutdown: stop.signal });
  await next(broken);
  const waiting = broken.next();
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  const leave = new AbortController();
  const left = followEvents(context(), { after: null }, { ...never(), request: leave.signal });
  await next(left);
  const ending = left.next();
  leave.abort();
  expect((await ending).done).toBe(true);
});

const of = () => ({ kind: 'release' as const, releaseId: world.releaseId });
async function write(kind: 'build' | 'platform', from: number, count: number, every: number): Promise<void> {
  const { orgId, deploymentId, releaseId } = world;
  const writer = await api.services.logs.open({ orgId, deploymentId, releaseId, componentId: null, instanceId: null, kind }); // prettier-ignore
  for (let index = from; index < from + count; index += 1)
    writer.write({ at: new Date(1_700_000_000_000 + index * every).toISOString(), level: 'info', text: `${kind} ${index}` }); // prettier-ignore
  await writer.flush();
  await writer.close();
}
const all = async (step: number): Promise<LogLineView[]> => {
  const found: LogLineView[] = [];
  let page: LogPage | null = null;
  do {
    page = await readLogPage(context(), { of: of(), tail: false, limit: step, ...(page ? { after: page.after } : {}) });
    found.push(...page.lines);
  } while (page.hasMore);
  return found;
};

test('a release log is its streams by time, whole and once, at every page size', async () => {
  await write('build', 0, 300, 10);
  await write('platform', 0, 30, 100);
  const [small, large] = [await all(7), await all(5000)];
  expect(small).toEqual(large);
  expect(large).toHaveLength(330);
  expect(large.map((line) => line.at)).toEqual(large.map((line) => line.at).toSorted());
  for (const kind of ['build', 'platform']) {
    const seqs = large.filter((line) => line.kind === kind).map((line) => line.seq);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
  }
});

test('from the end, pages backwards meet the beginning without a gap', async () => {
  await write('build', 0, 200, 10);
  await write('platform', 0, 20, 100);
  let page = await readLogPage(context(), { of: of(), tail: true, limit: 50 });
  const found = [...page.lines];
  while (page.before !== null && page.lines.length > 0) {
    page = await readLogPage(context(), { of: of(), before: page.before, tail: false, limit: 50 });
    found.unshift(...page.lines);
  }
  expect(found).toEqual(await all(5000));
});

test('following a log gives each line once, goes on after a position, and ends with the release', async () => {
  await write('build', 0, 5, 10);
  const stream = followLog(context(), { of: of() }, never());
  const [position, first] = await next(stream);
  expect(first).toMatchObject({ kind: 'lines', lines: [{}, {}, {}, {}, {}] });
  await write('build', 5, 3, 10);
  const [, second] = await next(stream);
  await stream.return(undefined);
  const resumed = followLog(context(), { of: of(), lastEventId: position }, never());
  expect((await next(resumed))[1]).toEqual(second);
  expect(second).toMatchObject({ lines: [{ text: 'build 5' }, { text: 'build 6' }, { text: 'build 7' }] });
  await api.services.db.update(releases).set({ state: 'retired' }).where(eq(releases.id, world.releaseId));
  let message = await next(resumed);
  while (message[1].kind !== 'end') message = await next(resumed);
  expect((await resumed.next()).done).toBe(true);
});

test.each(['log_x:1', '9007199254740993', 'log_00000000000000000000000000:-1', 'a,b'])('the position %s is refused', async (after) => {
  await expect(readLogPage(context(), { of: of(), after, tail: false, limit: 1 })).rejects.toMatchObject({ code: 'bad_input' });
}); // prettier-ignore

test('the positions of another organization’s streams read nothing of them', async () => {
  await write('build', 0, 5, 10);
  const page = await readLogPage(context(), { of: of(), tail: false, limit: 10 });
  const mine = world;
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'x'.repeat(12));
  const seen = await readLogPage(context(), { of: of(), after: page.after, tail: false, limit: 10 });
  expect(seen.lines).toEqual([]);
  await expect(readLogPage(context(), { of: { kind: 'release', releaseId: mine.releaseId }, tail: false, limit: 1 })).rejects.toMatchObject({ code: 'not_found' }); // prettier-ignore
});
