import http from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOrigin, startTestEdge, type Origin, type TestEdge } from '#server/edge/haproxy/testing.ts';
import type { EdgeTargetSettings, Publication } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 100, queueLimit: 0 };
const publication = (deploymentId: string, origins: readonly Origin[], changes: Partial<EdgeTargetSettings> = {}): Publication => ({
  deploymentId,
  releaseId: 'rel_1',
  generation: 1,
  targets: [{
    key: 'web',
    servers: origins.map(({ server }) => server),
    settings: { ...settings, ...changes },
    routes: [{ host: `${deploymentId}.test`, path: '/' }, { host: `*.${deploymentId}.test`, path: '/' }],
  }],
  notices: [],
}); // prettier-ignore
const signal = new AbortController().signal;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let edge: TestEdge;
let web: Origin;
const lastHeaders = (): http.IncomingHttpHeaders => web.headers.at(-1) ?? {};
/** The status line of an answer to bytes sent as they are. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(edge.config.SLIPWAY_HTTP_PORT, edge.config.SLIPWAY_BIND, () => socket.write(text));
    socket.once('data', (chunk) => {
      resolve(chunk.toString().split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.on('error', reject).on('close', () => reject(new Error('closed without an answer')));
  });
beforeAll(async () => {
  edge = await startTestEdge();
  web = await startOrigin('web');
  await edge.edge.publish(publication('a', [web]), signal);
});
afterAll(async () => {
  await edge.close();
  await web.close();
});

describe('headers', () => {
  test('a client cannot set forwarding headers, nor have them dropped', async () => {
    await edge.request('a.test', '/', {
      headers: {
        'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Prefix': '/x', Forwarded: 'for=1.2.3.4', 'X-Real-IP': '1.2.3.4',
        'X-Slipway-User': 'root', 'X-Middleware-Subrequest': 'middleware', Proxy: 'http://1.2.3.4', X_Forwarded_For: '1.2.3.4',
        Connection: 'x-forwarded-for, x-real-ip',
      },
    }); // prettier-ignore
    const seen = lastHeaders();
    expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.test', 'x-forwarded-port': String(edge.config.SLIPWAY_HTTP_PORT) }); // prettier-ignore
    for (const name of [
      'forwarded',
      'x-forwarded-prefix',
      'x-slipway-user',
      'x-middleware-subrequest',
      'proxy',
      'x_forwarded_for',
    ]) {
      expect(seen).not.toHaveProperty(name);
    }
  });

  test('a well-formed request id is kept, any other replaced, and both sides see the same one', async () => {
    const own = 'A9+=/-abcdefghijklmnop';
    const kept = await edge.request('a.test', '/', { headers: { 'X-Request-Id': own } });
    expect([kept.headers['x-request-id'], lastHeaders()['x-request-id'], lastHeaders()['kinto-request-id']]).toEqual([
      own,
      own,
      own,
    ]);
    for (const bad of ['short', `${own}_`, 'x'.repeat(129), '"onload="alert(1)" padding']) {
      const { headers } = await edge.request('a.test', '/', { headers: { 'X-Request-Id': bad } });
      expect(headers['x-request-id']).toMatch(uuid);
      expect(lastHeaders()['x-request-id']).toBe(headers['x-request-id']);
    }
  });

  test('an application cannot name another release than the one that answered', async () => {
    const liar = http.createServer((_request, response) => response.setHeader('X-Slipway-Release', 'rel_other').end());
    await new Promise<void>((resolve) => void liar.listen(0, '127.0.0.21', resolve));
    const address = liar.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await edge.edge.publish({ ...publication('liar', []), targets: [{ key: 'web', servers: [{ name: 'liar', address: '127.0.0.21', port }], settings, routes: [{ host: 'liar.test', path: '/' }] }] }, signal); // prettier-ignore
    expect((await edge.request('liar.test')).headers['x-slipway-release']).toBe('rel_1');
    liar.close();
  });
});

describe('hosts', () => {
  test.each(['A.TEST', 'a.test.', 'a.test:8080', 'any.a.test'])('%s leads to the application', async (host) => {
    expect((await edge.request(host)).origin).toBe('web');
  });
  test.each(['b.test', 'x.y.a.test', 'a.test.evil.test', '!a'])('%s does not', async (host) => {
    expect((await edge.request(host)).origin).toBeNull();
  });
});

describe('requests that are refused or taken', () => {
  const head = 'Host: a.test\r\n';
  test.each([
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two hosts', `GET / HTTP/1.1\r\n${head}Host: b.test\r\n\r\n`, 400],
    ['another host in the URI', `GET http://b.test/ HTTP/1.1\r\n${head}\r\n`, 400],
    ['TRACE', `TRACE / HTTP/1.1\r\n${head}\r\n`, 405],
    ['CONNECT', 'CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n', 405],
    ['two lengths', `POST / HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, 400],
    ['a signed length', `POST / HTTP/1.1\r\n${head}Content-Length: +1\r\n\r\nx`, 400],
    ['an unknown transfer coding', `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
    ['a space before the colon', `GET / HTTP/1.1\r\n${head}X : y\r\n\r\n`, 400],
    ['a NUL', `GET / HTTP/1.1\r\n${head}X: a\0b\r\n\r\n`, 400],
    ['headers over 24 kB', `GET / HTTP/1.1\r\n${head}X: ${'y'.repeat(30_000)}\r\n\r\n`, 400],
    ['an upgrade to h2c', `GET / HTTP/1.1\r\n${head}Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`, 200],
  ])('%s', async (_name, text, status) => {
    expect(await raw(text)).toContain(` ${status} `);
  }); // prettier-ignore
});

describe('pages', () => {
  test('each has its status, the request id, no outside asset and no cache', async () => {
    const states = ['not-deployed', 'stopped', 'starting', 'maintenance'] as const;
    const notices = states.map((state) => ({ host: `${state}.page.test`, state }));
    await edge.edge.publish({ deploymentId: 'pages', releaseId: 'rel_1', generation: 1, targets: [{ key: 'none', servers: [], settings, routes: [{ host: 'none.page.test', path: '/' }] }], notices }, signal); // prettier-ignore
    const hosts = [
      ...states.map((state) => `${state}.page.test`),
      'none.page.test',
      'nobody.test',
      'slipway.localhost',
    ];
    for (const host of hosts) {
      const page = await edge.request(host);
      expect(page.status, host).toBe(host === 'nobody.test' ? 404 : 503);
      expect(page.headers['x-request-id'], host).toMatch(uuid);
      expect(page.body, host).toContain(String(page.headers['x-request-id']));
      expect(page.headers['cache-control'], host).toBe('no-store');
      expect(page.body, host).not.toMatch(/src=|href=|url\(|%%|%\[|<script/);
      expect(page.body.includes('http-equiv="refresh"'), host).toBe(/not-deployed|starting|slipway/.test(host));
    }
  });

  test('an application that closes, takes too long or has a full queue is answered for', async () => {
    expect((await edge.request('a.test', '/drop', { agent: false })).status).toBe(502);
    const slow = await startOrigin('slow');
    await edge.edge.publish(
      publication('slow', [slow], { responseTimeoutMs: 100, maxConnections: 1, queueLimit: 1 }),
      signal,
    );
    expect((await edge.request('slow.test', '/slow')).status).toBe(504);
    const statuses = await Promise.all(Array.from({ length: 6 }, () => edge.request('slow.test', '/slow', { method: 'POST', agent: false }).then(({ status }) => status))); // prettier-ignore
    expect(new Set(statuses)).toEqual(new Set([503, 504]));
    await slow.close();
  });
});

test('a request that got no answer is tried again if it is safe, and a POST never is', async () => {
  const [good, bad] = [await startOrigin('good'), await startOrigin('bad')];
  bad.http.removeAllListeners('request');
  const received: string[] = [];
  bad.http.on('request', (request: http.IncomingMessage) => {
    received.push(String(request.method));
    request.socket.destroy();
  });
  await edge.edge.publish(publication('retry', [good, bad]), signal);
  const ask = async (method: string, count: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < count; i += 1)
      statuses.push((await edge.request('retry.test', `/${method}-${i}`, { method, agent: false })).status);
    return statuses;
  };
  expect(await ask('GET', 6)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(received.length).toBeGreaterThan(0);
  const posts = await ask('POST', 6);
  expect(posts).toContain(502);
  const arrived = [
    ...good.seen.filter((line) => line.startsWith('POST')),
    ...received.filter((method) => method === 'POST'),
  ];
  expect(arrived).toHaveLength(6);
  await Promise.all([good.close(), bad.close()]);
});

test('an instance that is gone costs no request while another one is there, a POST neither: it was never sent', async () => {
  const [stays, goes] = [await startOrigin('stays'), await startOrigin('goes')];
  await edge.edge.publish(publication('half', [stays, goes]), signal);
  await goes.close();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      edge.request('half.test', `/${index}`, { method: index % 2 === 0 ? 'GET' : 'POST', agent: false }),
    ),
  );
  expect(new Set(answers.map(({ origin }) => origin))).toEqual(new Set(['stays']));
  await stays.close();
});

test('the dashboard answers at its own host without names that only its own parts may say', async () => {
  let seen: http.IncomingHttpHeaders = {};
  const dashboard = http.createServer((request, response) => {
    seen = request.headers;
    response.end('dashboard');
  });
  await new Promise<void>((resolve) => void dashboard.listen(edge.config.SLIPWAY_WEB_PORT, '127.0.0.1', resolve));
  const answer = await edge.request('slipway.localhost', '/any', {
    headers: { 'X-Middleware-Subrequest': 'src/middleware', 'X-Middleware-Next': '1', 'X-Nextjs-Data': '1', 'Next-Action': 'abc', 'X-Invoke-Path': '/', 'X-Matched-Path': '/', Cookie: 'a=b' },
  }); // prettier-ignore
  expect([answer.status, answer.body, seen.cookie]).toEqual([200, 'dashboard', 'a=b']);
  expect(
    Object.keys(seen).filter((name) => /^(x-middleware|x-nextjs|x-invoke|x-matched|next-action)/.test(name)),
  ).toEqual([]);
  await expect(edge.edge.publish({ ...publication('thief', [web]), notices: [{ host: 'slipway.localhost', state: 'stopped' }] }, signal)).rejects.toMatchObject({ code: 'conflict' }); // prettier-ignore
  dashboard.close();
  dashboard.closeAllConnections();
});

test("an application's own errors are its own, not the edge's", async () => {
  await edge.request('a.test', '/status/500');
  await edge.request('a.test', '/status/503');
  const before = (await edge.edge.traffic('a', signal))['web'];
  await edge.request('a.test', '/status/500');
  await edge.request('a.test', '/drop', { method: 'POST', agent: false });
  const after = (await edge.edge.traffic('a', signal))['web'];
  expect([(after?.requests ?? 0) - (before?.requests ?? 0), (after?.failed ?? 0) - (before?.failed ?? 0)]).toEqual([
    2, 1,
  ]);
});
