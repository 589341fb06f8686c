import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOrigin, startTestEdge, type Origin, type TestEdge } from '#server/edge/haproxy/testing.ts';
import type { EdgeServer, Publication } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 4, queueLimit: 0 };
const publication = (generation: number, servers: readonly EdgeServer[], deploymentId = 'dep'): Publication => ({
  deploymentId,
  releaseId: `rel_${generation}`,
  generation,
  targets: [
    {
      key: 'web',
      servers,
      settings: { ...settings, maxConnections: deploymentId === 'other' ? 100 : 4 },
      routes: [{ host: `${deploymentId}.test`, path: '/' }],
    },
  ],
  notices: [],
});
const signal = new AbortController().signal;
const versionOf = (text: string | string[] | undefined): number => Number(/\d+/.exec(String(text))?.[0]);

interface Load {
  problems: string[];
  answered: number;
  posts: string[];
  /** Resolves after that many more answers. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}
/** Clients that ask one after the other, GET and POST in turn, and note every answer that must not be. */
function startLoad(edge: TestEdge, newest: () => number, clients: number): Load {
  const load = { problems: [] as string[], answered: 0, posts: [] as string[] };
  const waiting: { at: number; resolve: () => void }[] = [];
  let on = true;
  const client = async (id: number): Promise<void> => {
    const agent = id % 2 === 0 ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    let last = 0;
    for (let turn = 0; on; turn += 1) {
      const post = turn % 2 === 1;
      const path = post ? `/post-${id}-${turn}` : turn % 40 === 0 ? '/slow' : '/';
      const atStart = newest();
      try {
        const answer = await edge.request('dep.test', path, {
          method: post ? 'POST' : 'GET',
          body: post ? 'x'.repeat(2000) : '',
          agent,
        });
        const version = versionOf(answer.headers['x-slipway-release']);
        if (answer.status !== 200) load.problems.push(`${path}: ${answer.status}`);
        if (version < Math.max(atStart, last))
          load.problems.push(`${path}: release ${version} after ${Math.max(atStart, last)}`);
        if (versionOf(answer.origin ?? '') !== version)
          load.problems.push(`${path}: ${answer.origin} answered as ${version}`);
        last = version;
        if (post) load.posts.push(path);
      } catch (error) {
        load.problems.push(`${path}: ${String(error)}`);
      }
      load.answered += 1;
      for (const each of waiting.filter(({ at }) => at <= load.answered).splice(0)) each.resolve();
    }
    if (agent) agent.destroy();
  };
  const running = Array.from({ length: clients }, (_, id) => client(id));
  return Object.assign(load, {
    more: (count: number) => new Promise<void>((resolve) => void waiting.push({ at: load.answered + count, resolve })),
    stop: async () => {
      on = false;
      await Promise.all(running);
    },
  });
}

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

/** One switch as the engine does it: publish, drain, remove, and only then the instances end. */
async function switchTo(generation: number, old: readonly Origin[], fresh: readonly Origin[]): Promise<void> {
  await edge.edge.publish(publication(generation, fresh.map(({ server }) => server)), signal); // prettier-ignore
  const names = old.map(({ server }) => server.name);
  await expect
    .poll(() => edge.edge.drain('dep', names, signal), { timeout: 10_000, interval: 10 })
    .toEqual({ open: 0 });
  await edge.edge.remove('dep', names, signal);
  await Promise.all(old.map((each) => each.close()));
}

test('50 switches and 3 reloads under load: no request fails, none is sent twice, nobody sees the old after the new', async () => {
  const bystander = await origin('bystander');
  await edge.edge.publish(publication(1, [bystander.server], 'other'), signal);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => edge.webSocket('other.test')));
  let current = [await origin('v1-a'), await origin('v1-b')];
  let newest = 1;
  await edge.edge.publish(publication(1, current.map(({ server }) => server)), signal); // prettier-ignore
  const load = startLoad(edge, () => newest, 16);
  for (let generation = 2; generation <= 51; generation += 1) {
    const fresh = [await origin(`v${generation}-a`), await origin(`v${generation}-b`)];
    const old = current;
    if (generation % 16 === 0) await edge.edge.reload(signal);
    current = fresh;
    await switchTo(generation, old, fresh);
    newest = generation;
    await load.more(40);
  }
  await load.stop();
  expect(load.problems).toEqual([]);
  expect(load.answered).toBeGreaterThan(2000);
  const received = origins
    .flatMap(({ seen }) => seen.filter((line) => line.startsWith('POST ')))
    .map((line) => line.slice(5));
  expect(received.toSorted((a, b) => a.localeCompare(b))).toEqual(load.posts.toSorted((a, b) => a.localeCompare(b)));
  expect(await Promise.all(sockets.map((socket) => socket.echo('ping')))).toEqual(sockets.map(() => 'ping'));
});
