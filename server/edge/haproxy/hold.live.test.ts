/** A component that is replaced one at a time, at a real edge: nothing fails, nothing is sent twice, nothing waits for ever. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOrigin, startTestEdge, type Answer, type Origin, type TestEdge } from '#server/edge/haproxy/testing.ts';
import type { EdgeHold, EdgeServer, Publication } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 100, queueLimit: 0 };
const signal = new AbortController().signal;
let generation = 0;
const publish = (deploymentId: string, servers: readonly EdgeServer[], hold?: EdgeHold): Promise<void> => {
  const target = { key: 'web', servers, settings, hold, routes: [{ host: `${deploymentId}.test`, path: '/' }] };
  generation += 1;
  const publication: Publication = { deploymentId, releaseId: `rel_${generation}`, generation, targets: [target], notices: [] }; // prettier-ignore
  return edge.edge.publish(publication, signal);
};
const hold: EdgeHold = { limitMs: 30_000, maxRequests: 1000 };

let edge: TestEdge;
const origins: Origin[] = [];
const origin = async (name: string): Promise<Origin> => {
  const made = await startOrigin(name);
  origins.push(made);
  return made;
};
beforeAll(async () => {
  edge = await startTestEdge();
});
afterAll(async () => {
  await edge.close();
  await Promise.all(origins.map((each) => each.close()));
});

/** Holds, waits for what is in flight, ends the old one, and only then lets the new one be. */
async function swap(old: Origin, name: string, during: () => Promise<void> = () => Promise.resolve()): Promise<Origin> {
  await publish('swap', [old.server], hold);
  const names = [old.server.name];
  await expect
    .poll(() => edge.edge.drain('swap', names, signal), { timeout: 10_000, interval: 10 })
    .toEqual({ open: 0 });
  await edge.edge.remove('swap', names, signal);
  await old.close();
  await during();
  const fresh = await origin(name);
  await publish('swap', [fresh.server]);
  return fresh;
}

test('10 swaps under load, one with a reload in it: no request fails, each POST arrives once, bodies whole', async () => {
  let current = await origin('v0');
  await publish('swap', [current.server]);
  const problems: string[] = [];
  const sent: string[] = [];
  let on = true;
  const client = async (id: number): Promise<void> => {
    const agent = id % 2 === 0 ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    for (let turn = 0; on; turn += 1) {
      const post = turn % 2 === 1;
      const path = post ? `/post-${id}-${turn}` : turn % 20 === 0 ? '/slow' : '/';
      // More than one buffer now and then: what does not fit stays with the client while it waits.
      const body = post ? 'x'.repeat(turn % 10 === 1 ? 500_000 : 2000) : '';
      try {
        const answer = await edge.request('swap.test', path, { method: post ? 'POST' : 'GET', body, agent });
        if (answer.status !== 200) problems.push(`${path}: ${answer.status}`);
        if (post) sent.push(path);
      } catch (error) {
        problems.push(`${path}: ${String(error)}`);
      }
      await sleep(5);
    }
    if (agent) agent.destroy();
  };
  const clients = Array.from({ length: 16 }, (_, id) => client(id));
  for (let turn = 1; turn <= 10; turn += 1) {
    current = await swap(current, `v${turn}`, async () => {
      if (turn === 5) await edge.edge.reload(signal);
      await sleep(200);
    });
    await sleep(100);
  }
  on = false;
  await Promise.all(clients);
  expect(problems).toEqual([]);
  expect(sent.length).toBeGreaterThan(100);
  const received = origins.flatMap(({ seen }) => seen.filter((line) => line.startsWith('POST '))).map((line) => line.slice(5)); // prettier-ignore
  expect(received.toSorted()).toEqual(sent.toSorted());
  const { web } = await edge.edge.traffic('swap', signal);
  expect([web?.failed, (web?.held ?? 0) > 50]).toEqual([0, true]);
});

test('a WebSocket that opens during a hold opens at the new one', async () => {
  const old = await origin('ws-old');
  await publish('swap', [old.server]);
  await publish('swap', [old.server], hold);
  const opening = edge.webSocket('swap.test');
  const fresh = await origin('ws-new');
  await sleep(300);
  await publish('swap', [fresh.server]);
  expect(await (await opening).echo('ping')).toBe('ping');
});

test('when nobody ends a hold, requests that waited as long as they may, and later ones, are told to try again, at once', async () => {
  const old = await origin('late-old');
  await publish('late', [old.server]);
  await publish('late', [old.server], { limitMs: 3000, maxRequests: 1000 });
  await old.close(); // its checks fail within the hold
  const began = Date.now();
  const waited = await Promise.all(Array.from({ length: 5 }, () => edge.request('late.test')));
  expect(Date.now() - began).toBeLessThan(6000);
  const told = (answer: Answer): unknown[] => [answer.status, answer.headers['retry-after'], answer.body.includes('replaced')]; // prettier-ignore
  expect(waited.map(told)).toEqual(waited.map(() => [503, '5', true]));
  const again = Date.now();
  expect(told(await edge.request('late.test'))).toEqual([503, '5', true]);
  expect(Date.now() - again).toBeLessThan(1000);
});

test('more requests than may wait are told so at once, and the others go on waiting', async () => {
  const old = await origin('full-old');
  await publish('full', [old.server]);
  await publish('full', [old.server], { limitMs: 30_000, maxRequests: 10 });
  const waiting = Array.from({ length: 10 }, () => edge.request('full.test'));
  await expect.poll(async () => (await edge.edge.traffic('full', signal)).web?.held).toBe(10);
  const refused = await edge.request('full.test');
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
  await publish('full', [old.server]);
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(10).fill(200));
});

test('a hold outlives a reload', async () => {
  const [old, fresh] = [await origin('kill-old'), await origin('kill-new')];
  await publish('kill', [old.server]);
  await publish('kill', [old.server], hold);
  await edge.edge.reload(signal);
  let answered = false;
  const waiting = edge.request('kill.test').finally(() => (answered = true));
  await sleep(500);
  expect(answered).toBe(false);
  await publish('kill', [fresh.server]);
  expect((await waiting).origin).toBe('kill-new');
});
