/**
 * What every EdgeDriver guarantees, as one suite. A harness brings the driver, servers that answer with their own name,
 * and a client.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EdgeDriver, EdgeServer, EdgeTarget, Publication } from '#server/edge/types.ts';

export interface ContractAnswer {
  status: number;
  /** The name of the server that answered; null when the edge itself did. */
  server: string | null;
  release: string | null;
}
export interface EdgeHarness {
  driver: EdgeDriver;
  /** A server that is ready and answers with its name. */
  server(name: string): Promise<EdgeServer>;
  request(host: string, path: string): Promise<ContractAnswer>;
  /** A request that stays open until `end`; `ended` resolves when it is over for whatever reason. */
  hold(host: string, path: string): Promise<{ server: string; end(): Promise<void>; ended: Promise<unknown> }>;
  /** Identity of the backend of a target in force. */
  backendOf(deploymentId: string, key: string): Promise<string | undefined>;
  /** Resolves when time has come to an end of a hold of that many ms. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 100, queueLimit: 0 };
const target = (key: string, servers: EdgeServer[], ...hosts: string[]): EdgeTarget => ({
  key,
  servers,
  settings,
  routes: hosts.map((text) => ({ host: text.replace(/\/.*$/, ''), path: text.replace(/^[^/]*/, '') || '/' })),
});
const publication = (deploymentId: string, generation: number, targets: EdgeTarget[], notices: Publication['notices'] = []): Publication => ({
  deploymentId,
  releaseId: `rel_${deploymentId}_${generation}`,
  generation,
  targets,
  notices,
}); // prettier-ignore

export function edgeContract(name: string, start: () => Promise<EdgeHarness>): void {
  describe(`edge contract: ${name}`, () => {
    let edge: EdgeHarness;
    const signal = new AbortController().signal;
    const publish = (next: Publication): Promise<void> => edge.driver.publish(next, signal);
    const answering = async (host: string, path = '/'): Promise<string | number> => {
      const answer = await edge.request(host, path);
      return answer.server ?? answer.status;
    };
    beforeAll(async () => {
      edge = await start();
    });
    afterAll(() => edge.close());

    test('a publication moves all hosts and paths of a deployment, and only those', async () => {
      const [web, api, other] = [await edge.server('m-web'), await edge.server('m-api'), await edge.server('m-other')];
      await publish(
        publication('m-dep', 1, [target('web', [web], 'm.test', 'www.m.test'), target('api', [api], 'm.test/api')]),
      );
      await publish(publication('m-dep2', 1, [target('web', [other], 'm2.test')]));
      const web2 = await edge.server('m-web2');
      await publish(
        publication('m-dep', 2, [target('web', [web2], 'm.test', 'www.m.test'), target('api', [api], 'm.test/api')]),
      );
      expect(
        await Promise.all([answering('m.test'), answering('www.m.test', '/x'), answering('m.test', '/apix')]),
      ).toEqual(['m-web2', 'm-web2', 'm-web2']);
      expect(await Promise.all([answering('m.test', '/api'), answering('m.test', '/api/x?y=1')])).toEqual([
        'm-api',
        'm-api',
      ]);
      expect(await Promise.all([answering('m2.test'), answering('nobody.test')])).toEqual(['m-other', 404]);
    });

    test('each answer names the release in force, also from a server that was carried over', async () => {
      const web = await edge.server('n-web');
      await publish(publication('n-dep', 1, [target('web', [web], 'n.test')]));
      expect(await edge.request('n.test', '/')).toEqual({ status: 200, server: 'n-web', release: 'rel_n-dep_1' });
      await publish(publication('n-dep', 2, [target('web', [web], 'n.test')]));
      expect(await edge.request('n.test', '/')).toEqual({ status: 200, server: 'n-web', release: 'rel_n-dep_2' });
    });

    test('confirmed answers the generation in force, and null where there is none', async () => {
      expect(await edge.driver.confirmed('c-dep', signal)).toBeNull();
      await publish(publication('c-dep', 4, [target('web', [await edge.server('c-web')], 'c.test')]));
      expect(await edge.driver.confirmed('c-dep', signal)).toBe(4);
    });

    test('an older generation is refused; the same one repeats without effect, and with other content not at all', async () => {
      const [first, second] = [await edge.server('g-1'), await edge.server('g-2')];
      const inForce = publication('g-dep', 2, [target('web', [second], 'g.test')]);
      await publish(inForce);
      await expect(publish(publication('g-dep', 1, [target('web', [first], 'g.test')]))).rejects.toMatchObject({
        code: 'conflict',
      });
      await publish(inForce);
      await expect(publish({ ...inForce, targets: [target('web', [first], 'g.test')] })).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await answering('g.test')).toBe('g-2');
      expect(await edge.driver.confirmed('g-dep', signal)).toBe(2);
    });

    test('a route of another deployment is refused, and nothing of that publication takes effect', async () => {
      const [own, thief] = [await edge.server('o-own'), await edge.server('o-thief')];
      await publish(publication('o-dep', 1, [target('web', [own], 'o.test')]));
      await expect(
        publish(publication('o-dep2', 1, [target('web', [thief], 'free.o.test', 'o.test')])),
      ).rejects.toMatchObject({ code: 'conflict' });
      expect(await answering('o.test')).toBe('o-own');
      expect(await answering('free.o.test')).toBe(404);
      expect(await edge.driver.confirmed('o-dep2', signal)).toBeNull();
    });

    test('text that could end a command is refused', async () => {
      const web = await edge.server('i-web');
      const bad = [
        publication('i dep', 1, [target('web', [web], 'i.test')]),
        publication('i-dep', 1, [target('web;shutdown', [web], 'i.test')]),
        publication('i-dep', 1, [target('web', [{ ...web, name: 'a\nb' }], 'i.test')]),
        publication('i-dep', 1, [target('web', [{ ...web, address: 'localhost' }], 'i.test')]),
        publication('i-dep', 1, [target('web', [{ ...web, port: 0 }], 'i.test')]),
        publication('i-dep', 1, [{ ...target('web', [web]), routes: [{ host: 'i.test', path: '/a b' }] }]),
        publication('i-dep', 1, [{ ...target('web', [web]), routes: [{ host: 'I.test', path: '/' }] }]),
      ];
      for (const each of bad) await expect(publish(each)).rejects.toMatchObject({ code: 'internal' });
      expect(await edge.driver.confirmed('i-dep', signal)).toBeNull();
    });

    test('a target with equal servers and settings keeps its backend; a change of either gets a new one', async () => {
      const [web, api, api2] = [await edge.server('k-web'), await edge.server('k-api'), await edge.server('k-api2')];
      await publish(publication('k-dep', 1, [target('web', [web], 'k.test'), target('api', [api], 'k.test/api')]));
      const before = await Promise.all([edge.backendOf('k-dep', 'web'), edge.backendOf('k-dep', 'api')]);
      await publish(publication('k-dep', 2, [target('web', [web], 'k.test'), target('api', [api2], 'k.test/api')]));
      const after = await Promise.all([edge.backendOf('k-dep', 'web'), edge.backendOf('k-dep', 'api')]);
      expect(after[0]).toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
      const strict = { ...target('web', [web], 'k.test'), settings: { ...settings, responseTimeoutMs: 5000 } };
      await publish(publication('k-dep', 3, [strict]));
      expect(await edge.backendOf('k-dep', 'web')).not.toBe(before[0]);
    });

    test('all servers of a target get requests', async () => {
      const servers = [await edge.server('r-1'), await edge.server('r-2'), await edge.server('r-3')];
      await publish(publication('r-dep', 1, [target('web', servers, 'r.test')]));
      const seen = new Set<string | number>();
      for (let i = 0; i < 12; i += 1) seen.add(await answering('r.test'));
      expect(seen).toEqual(new Set(['r-1', 'r-2', 'r-3']));
    });

    test('drain reports what is still open outside the generation in force, and new requests go elsewhere', async () => {
      const [old, fresh] = [await edge.server('d-old'), await edge.server('d-new')];
      await publish(publication('d-dep', 1, [target('web', [old], 'd.test')]));
      const open = await edge.hold('d.test', '/');
      await publish(publication('d-dep', 2, [target('web', [fresh], 'd.test')]));
      expect(open.server).toBe('d-old');
      expect(await edge.driver.drain('d-dep', ['d-old'], signal)).toEqual({ open: 1 });
      expect(await answering('d.test')).toBe('d-new');
      await open.end();
      await expect.poll(() => edge.driver.drain('d-dep', ['d-old'], signal)).toEqual({ open: 0 });
      expect(await edge.driver.drain('d-dep', ['d-new', 'never-seen'], signal)).toEqual({ open: 0 });
    });

    test('remove cuts what is open, is fine with what is gone, and refuses servers in force', async () => {
      const [old, fresh] = [await edge.server('x-old'), await edge.server('x-new')];
      await publish(publication('x-dep', 1, [target('web', [old], 'x.test')]));
      const open = await edge.hold('x.test', '/');
      await expect(edge.driver.remove('x-dep', ['x-old'], signal)).rejects.toMatchObject({ code: 'conflict' });
      await publish(publication('x-dep', 2, [target('web', [fresh], 'x.test')]));
      expect(await edge.driver.remove('x-dep', ['x-old'], signal)).toEqual({ cut: 1 });
      await open.ended;
      expect(await edge.driver.remove('x-dep', ['x-old', 'never-seen'], signal)).toEqual({ cut: 0 });
      expect(await answering('x.test')).toBe('x-new');
    });

    const held = (one: EdgeTarget, hold: Partial<NonNullable<EdgeTarget['hold']>> = {}): EdgeTarget => ({
      ...one,
      hold: { limitMs: 20_000, maxRequests: 100, ...hold },
    });

    test('requests of a held target wait for the next publication and go where it says; those of others do not wait', async () => {
      const [old, fresh, api] = [await edge.server('q-old'), await edge.server('q-new'), await edge.server('q-api')];
      const others = target('api', [api], 'q.test/api');
      await publish(publication('q-dep', 1, [target('web', [old], 'q.test'), others]));
      const before = await edge.backendOf('q-dep', 'web');
      await publish(publication('q-dep', 2, [held(target('web', [old], 'q.test')), others]));
      let answered = 0;
      const waiting = Array.from({ length: 5 }, async () => {
        const answer = await answering('q.test');
        answered += 1;
        return answer;
      });
      await expect.poll(async () => (await edge.driver.traffic('q-dep', signal)).web?.held).toBe(5);
      expect(await answering('q.test', '/api')).toBe('q-api');
      expect(answered).toBe(0);
      await publish(publication('q-dep', 3, [target('web', [fresh], 'q.test'), others]));
      expect(await Promise.all(waiting)).toEqual(Array(5).fill('q-new'));
      expect(await edge.backendOf('q-dep', 'web')).not.toBe(before);
      const { web } = await edge.driver.traffic('q-dep', signal);
      expect([web?.requests, web?.failed, web?.held]).toEqual([5, 0, 5]);
    });

    test('servers of a held target are drained and removed, and serve again when the hold ends with them', async () => {
      const old = await edge.server('e-old');
      await publish(publication('e-dep', 1, [target('web', [old], 'e.test')]));
      const open = await edge.hold('e.test', '/');
      await publish(publication('e-dep', 2, [held(target('web', [old], 'e.test'))]));
      expect(await edge.driver.drain('e-dep', ['e-old'], signal)).toEqual({ open: 1 });
      expect(await edge.driver.remove('e-dep', ['e-old'], signal)).toEqual({ cut: 1 });
      await open.ended;
      const waiting = answering('e.test');
      await publish(publication('e-dep', 3, [target('web', [old], 'e.test')]));
      expect(await waiting).toBe('e-old');
    });

    test('a hold ends by itself: what waited and what comes later goes to the servers it names', async () => {
      const old = await edge.server('l-old');
      await publish(publication('l-dep', 1, [target('web', [old], 'l.test')]));
      await publish(publication('l-dep', 2, [held(target('web', [old], 'l.test'), { limitMs: 1000 })]));
      const waiting = answering('l.test');
      await edge.pass(1000);
      expect(await waiting).toBe('l-old');
      expect(await answering('l.test')).toBe('l-old');
    });

    test('a hold without a server that ends by itself answers 503, and so does one that is full, at once', async () => {
      await publish(publication('f-dep', 1, [held(target('web', [], 'f.test'), { limitMs: 2000, maxRequests: 2 })]));
      const waiting = [answering('f.test'), answering('f.test')];
      await expect.poll(async () => (await edge.driver.traffic('f-dep', signal)).web?.held).toBe(2);
      expect(await answering('f.test')).toBe(503);
      await edge.pass(2000);
      expect(await Promise.all(waiting)).toEqual([503, 503]);
      expect(await answering('f.test')).toBe(503);
      await expect.poll(async () => (await edge.driver.traffic('f-dep', signal)).web?.failed).toBe(4);
    });

    test('the way back is one more generation with the servers of before', async () => {
      const [old, fresh] = [await edge.server('b-old'), await edge.server('b-new')];
      await publish(publication('b-dep', 1, [target('web', [old], 'b.test')]));
      await publish(publication('b-dep', 2, [target('web', [fresh], 'b.test')]));
      await publish(publication('b-dep', 3, [target('web', [old], 'b.test')]));
      expect(await answering('b.test')).toBe('b-old');
      expect(await edge.driver.remove('b-dep', ['b-new'], signal)).toEqual({ cut: 0 });
      expect(await answering('b.test')).toBe('b-old');
    });

    test('a host without instances gets a page with a status of its own', async () => {
      for (const state of ['not-deployed', 'stopped', 'suspended', 'starting', 'maintenance'] as const) {
        await publish(publication(`h-${state}`, 1, [], [{ host: `${state}.h.test`, state }]));
        expect(await edge.request(`${state}.h.test`, '/any/path')).toEqual({
          status: 503,
          server: null,
          release: null,
        });
      }
      const web = await edge.server('h-web');
      await publish(publication('h-stopped', 2, [target('web', [web], 'stopped.h.test')]));
      expect(await answering('stopped.h.test')).toBe('h-web');
    });

    test('traffic counts per component over changes of its backend', async () => {
      await publish(
        publication('t-dep', 1, [
          target('web', [await edge.server('t-1')], 't.test'),
          target('api', [await edge.server('t-api')], 't.test/api'),
        ]),
      );
      for (let i = 0; i < 3; i += 1) await edge.request('t.test', '/');
      await publish(
        publication('t-dep', 2, [
          target('web', [await edge.server('t-2')], 't.test'),
          target('empty', [], 't.test/none'),
        ]),
      );
      for (let i = 0; i < 2; i += 1) await edge.request('t.test', '/');
      expect((await edge.request('t.test', '/none')).status).toBe(503);
      await expect
        .poll(async () => {
          const { web, empty } = await edge.driver.traffic('t-dep', signal);
          return [web?.requests, web?.failed, empty?.requests, empty?.failed];
        })
        .toEqual([5, 0, 1, 1]);
      expect(await edge.driver.traffic('nobody', signal)).toEqual({});
    });

    test('withdraw forgets routes, generation and counters', async () => {
      await publish(publication('w-dep', 7, [target('web', [await edge.server('w-web')], 'w.test')]));
      await edge.request('w.test', '/');
      await edge.driver.withdraw('w-dep', signal);
      expect(await answering('w.test')).toBe(404);
      expect(await edge.driver.confirmed('w-dep', signal)).toBeNull();
      expect(await edge.driver.traffic('w-dep', signal)).toEqual({});
      await edge.driver.withdraw('w-dep', signal);
      await publish(publication('w-dep', 1, [target('web', [await edge.server('w-web3')], 'w.test')]));
      expect(await answering('w.test')).toBe('w-web3');
    });
  });
}
