import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { maxBatch, serveTrpc } from '#server/api/http.ts';
import { maxBodyBytes, nestingDepth } from '#server/api/limited-body.ts';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';

let api: TestApi;
let world: World;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'planted-secret-value');
});
afterAll(() => api.close());

const send = (path: string, init: RequestInit = {}) =>
  serveTrpc(new Request(`http://127.0.0.1/api/trpc/${path}`, init), () =>
    Promise.resolve(api.context(world.people.owner)),
  );
const post = (body: BodyInit, type = 'application/json', path = 'account.rename') =>
  send(path, { method: 'POST', body, headers: { 'content-type': type } });

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
  'a body of type %j is refused',
  async (type) => {
    expect((await post('{"json":{"name":"X"}}', type)).status).toBe(415);
  },
);

test('a body over the limit is refused, whether it says its length or not', async () => {
  const large = 'x'.repeat(maxBodyBytes + 1);
  expect((await post(large)).status).toBe(413);
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
  const request = { method: 'POST', body: endless, headers: { 'content-type': 'application/json' }, duplex: 'half' };
  expect((await send('account.rename', request as RequestInit)).status).toBe(413);
});

test('deep nesting is refused before it is parsed', async () => {
  expect((await post('['.repeat(10_000) + ']'.repeat(10_000))).status).toBe(400);
  expect(nestingDepth('{"a":"[[[[{{{{\\"[[["}')).toBe(1);
  expect(nestingDepth('[[],[[]]]')).toBe(3);
});

test('a batch over the limit is refused, one at the limit is answered', async () => {
  const batch = (count: number) => send(`${Array.from({ length: count }, () => 'account.me').join(',')}?batch=1&input={}`); // prettier-ignore
  expect((await batch(1000)).status).toBe(400);
  expect(await (await batch(maxBatch)).json()).toHaveLength(maxBatch);
});

test('a mutation does not answer to GET', async () => {
  expect((await send(`account.rename?input=${encodeURIComponent('{"json":{"name":"X"}}')}`)).status).toBe(405);
});

test.each(['__proto__', 'constructor', 'a.b.c', 'projects', 'projects.__proto__', '%00'])('the path %s is no procedure', async (path) => {
  expect((await send(path)).status).toBe(404);
}); // prettier-ignore

test('prototype keys in an input change nothing', async () => {
  const body = '{"json":{"name":"X","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}';
  expect((await post(body)).status).toBe(400);
  const meta = '{"json":{"name":"X"},"meta":{"values":{"__proto__.polluted":["Date"]},"v":1}}';
  await post(meta);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('an error of ours keeps its words; one of the database shows none of its own', async () => {
  const answer = await api.call(world.people.owner, 'projects.get', { org: world.org, project: 'no-such' });
  expect(answer.message).toBe('Not found, or you have no access to it.');
  const broken = { ...api.context(world.people.owner) };
  const failing = serveTrpc(new Request('http://127.0.0.1/api/trpc/account.me'), () =>
    Promise.resolve({ ...broken, services: { ...broken.services, db: api.services.db.$with as never } }),
  );
  const text = await (await failing).text();
  expect(text).toContain('Something went wrong on our side');
  expect(text).not.toMatch(/select|stack|\.ts|function/i);
});
