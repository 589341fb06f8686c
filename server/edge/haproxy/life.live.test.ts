import { readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startOrigin, startTestEdge, type Origin, type TestEdge } from '#server/edge/haproxy/testing.ts';
import type { Origin as TestOrigin } from '#server/edge/haproxy/testing.ts';
import type { EdgeTarget, Publication } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 100, queueLimit: 0 };
const publication = (deploymentId: string, generation: number, ...servers: TestOrigin[]): Publication => ({
  deploymentId,
  releaseId: `rel_${generation}`,
  generation,
  targets: [
    {
      key: 'web',
      servers: servers.map(({ server }) => server),
      settings,
      routes: [{ host: `${deploymentId}.test`, path: '/' }],
    },
  ],
  notices: [{ host: `old-${deploymentId}.test`, state: 'stopped' }],
});
const signal = new AbortController().signal;

let edge: TestEdge;
let origins: Origin[] = [];
const origin = async (name: string): Promise<Origin> => {
  const made = await startOrigin(name);
  origins.push(made);
  return made;
};
const masterPid = async (): Promise<number> => Number(await readFile(`${edge.folder}/run/haproxy.pid`, 'utf8'));
const answering = async (host: string): Promise<string | number | null> => {
  try {
    const { origin: name, status } = await edge.request(host, '/', { agent: false });
    return name ?? status;
  } catch {
    return null;
  }
};
beforeEach(async () => {
  edge = await startTestEdge();
});
afterEach(async () => {
  await edge.close();
  await Promise.all(origins.map((each) => each.close()));
  origins = [];
});

test('killed with SIGKILL, the edge serves the same routes again within two seconds and keeps its counts of before', async () => {
  const [web, other] = [await origin('web'), await origin('other')];
  await edge.edge.publish(publication('a', 3, web), signal);
  await edge.edge.publish(publication('b', 5, other), signal);
  process.kill(await masterPid(), 'SIGKILL');
  const killedAt = Date.now();
  await expect.poll(() => answering('a.test'), { timeout: 5000, interval: 20 }).toBe('web');
  expect(Date.now() - killedAt).toBeLessThan(2000);
  expect([await answering('b.test'), await answering('old-b.test'), await answering('c.test')]).toEqual([
    'other',
    503,
    404,
  ]);
  expect([await edge.edge.confirmed('a', signal), await edge.edge.confirmed('b', signal)]).toEqual([3, 5]);
  const next = await origin('web2');
  await edge.edge.publish(publication('a', 4, next), signal);
  expect(await answering('a.test')).toBe('web2');
});

test('the next process adopts a running edge without a new one, and goes on where the last was', async () => {
  const web = await origin('web');
  await edge.edge.publish(publication('a', 1, web), signal);
  await answering('a.test');
  const before = await masterPid();
  const socket = await edge.webSocket('a.test');
  const next = edge.another();
  const controller = new AbortController();
  await next.ensure(controller.signal);
  expect(await masterPid()).toBe(before);
  expect(await socket.echo('still here')).toBe('still here');
  expect(await next.confirmed('a', signal)).toBe(1);
  expect((await next.traffic('a', signal))['web']?.requests).toBe(2);
  await expect(next.publish(publication('a', 1, await origin('thief')), signal)).rejects.toMatchObject({
    code: 'conflict',
  });
  await next.publish(publication('a', 2, await origin('web2')), signal);
  expect(await answering('a.test')).toBe('web2');
  controller.abort();
  socket.socket.terminate();
});

test('an adopted edge that lacks what was published gets it by a reload', async () => {
  const web = await origin('web');
  await edge.edge.publish(publication('a', 1, web), signal);
  const state = JSON.parse(await readFile(`${edge.folder}/state.json`, 'utf8')) as {
    deployments: { a: { publication: Publication } };
  };
  state.deployments.a.publication = {
    ...state.deployments.a.publication,
    generation: 2,
    notices: [{ host: 'later.test', state: 'maintenance' }],
  };
  const { writeDurably } = await import('#server/edge/haproxy/store.ts');
  await writeDurably(`${edge.folder}/state.json`, JSON.stringify(state));
  const next = edge.another();
  const controller = new AbortController();
  await next.ensure(controller.signal);
  controller.abort();
  expect(await next.confirmed('a', signal)).toBe(2);
  expect([await answering('a.test'), await answering('later.test'), await answering('old-a.test')]).toEqual([
    'web',
    503,
    404,
  ]);
});

test('connections in the worker of before a reload are seen by drain and cut by remove; counts go on', async () => {
  const [old, fresh] = [await origin('old'), await origin('fresh')];
  await edge.edge.publish(publication('a', 1, old), signal);
  await answering('a.test');
  const socket = await edge.webSocket('a.test');
  await edge.edge.publish(publication('a', 2, fresh), signal);
  await edge.edge.reload(signal);
  expect(await edge.edge.drain('a', ['old'], signal)).toEqual({ open: 1 });
  expect(await socket.echo('on')).toBe('on');
  expect((await edge.edge.traffic('a', signal))['web']?.requests).toBe(2);
  expect(await edge.edge.remove('a', ['old'], signal)).toEqual({ cut: 1 });
  await expect.poll(() => edge.edge.drain('a', ['old'], signal)).toEqual({ open: 0 });
  await expect.poll(() => socket.socket.readyState).toBe(socket.socket.CLOSED);
  expect(await answering('a.test')).toBe('fresh');
});

test('a connection kept over a reload follows later switches, with the client and its request id as they are', async () => {
  const [old, fresh] = [await origin('old'), await origin('fresh')];
  await edge.edge.publish(publication('a', 1, old), signal);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (host: string, id: string): ReturnType<TestEdge['request']> =>
    edge.request(host, '/', { agent, headers: { 'X-Request-Id': id } });
  expect((await ask('a.test', 'before-the-reload-0001')).origin).toBe('old');
  await edge.edge.reload(signal);
  await edge.edge.publish(publication('a', 2, fresh), signal);
  await edge.edge.remove('a', ['old'], signal);
  await old.close();
  const answer = await ask('a.test', 'after-the-reload-00001');
  expect([answer.origin, answer.headers['x-slipway-release'], answer.headers['x-request-id']]).toEqual([
    'fresh',
    'rel_2',
    'after-the-reload-00001',
  ]);
  expect(fresh.headers.at(-1)).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': String(edge.config.SLIPWAY_HTTP_PORT),
  });
  agent.destroy();
});

test('slots are given back after the delay, not while something is open in them', async () => {
  const [first, second] = [await origin('first'), await origin('second')];
  const used = async (): Promise<string[]> =>
    Object.keys((JSON.parse(await readFile(`${edge.folder}/state.json`, 'utf8')) as { slots: object }).slots);
  await edge.edge.publish(publication('a', 1, first), signal);
  await edge.edge.publish(publication('b', 1, second), signal);
  const held = await edge.open('b.test', '/hold');
  await edge.edge.publish(publication('a', 2, await origin('first2')), signal);
  await edge.edge.publish(publication('b', 2, await origin('second2')), signal);
  await expect.poll(used, { timeout: 8000 }).toEqual(['p0002', 'p0003', 'p0004']);
  held.end();
  await expect.poll(used, { timeout: 8000 }).toEqual(['p0003', 'p0004']);
  await edge.edge.publish(publication('a', 3, await origin('first3')), signal);
  expect(await edge.edge.slotOf('a', 'web')).toBe('p0001');
  expect(await answering('a.test')).toBe('first3');
});

test('more components than slots: the pool grows and all of them answer', async () => {
  const web = await origin('web');
  const targets = Array.from({ length: 300 }, (_, index): EdgeTarget => ({
    key: `c${index}`,
    servers: [{ ...web.server, name: `s${index}` }],
    settings,
    routes: [{ host: `h${index}.test`, path: '/' }],
  }));
  await edge.edge.publish({ deploymentId: 'big', releaseId: 'rel_1', generation: 1, targets, notices: [] }, signal);
  expect(await edge.edge.confirmed('big', signal)).toBe(1);
  expect([await answering('h0.test'), await answering('h299.test')]).toEqual(['web', 'web']);
});

test('a first start without any file serves the dashboard route and unknown hosts', async () => {
  await edge.edge.stop();
  await rm(edge.folder, { recursive: true });
  const next = edge.another();
  const controller = new AbortController();
  await next.ensure(controller.signal);
  controller.abort();
  expect([await answering('slipway.localhost'), await answering('nobody.test')]).toEqual([503, 404]);
});
