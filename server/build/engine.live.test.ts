import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ensureBuilder } from '#server/build/builder-engine.ts';
import { findCgroups } from '#server/build/cgroup.ts';
import { buildEngineContract, type BuildScenario } from '#server/build/contract.ts';
import { createBuildEngine } from '#server/build/engine.ts';
import { workLabel } from '#server/build/leftovers.ts';
import { startTestBuilder, testBase, type TestBuilder } from '#server/build/testing.ts';
import type { BuildEngine, BuildEvent, BuildRequest, BuildResult } from '#server/build/types.ts';
import { exec, execOk } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';

let builder: TestBuilder;
let engine: BuildEngine;
const runtime = new Engine('/var/run/docker.sock');
const stored: string[] = [];
const never = (): AbortSignal => new AbortController().signal;
const imageSchema = z.object({ Id: z.string() });

beforeAll(async () => {
  builder = await startTestBuilder({ diskGib: 3, memoryMib: 1024 });
  engine = createBuildEngine(builder.config);
});
afterAll(async () => {
  for (const reference of stored)
    await runtime.act({ method: 'DELETE', path: `/images/${encodeURIComponent(reference)}`, query: { force: '1' }, signal: never() });
  await builder.remove();
}); // prettier-ignore

async function build(request: BuildRequest): Promise<{ result: BuildResult; events: BuildEvent[]; ms: number }> {
  const events: BuildEvent[] = [];
  const since = performance.now();
  const result = await engine.build(request, (event) => events.push(event), never());
  return { result, events, ms: performance.now() - since };
}
const linesOf = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'line' ? [event.text] : []));

async function groups(): Promise<string[]> {
  const cgroups = await findCgroups();
  return cgroups ? cgroups.children(`${builder.paths.cgroup}/builds`) : [];
}
async function imagesOf(workId: string): Promise<number> {
  const filters = JSON.stringify({ label: [`${workLabel}=${workId}`] });
  const found = await builder.engine.json(z.array(imageSchema), { method: 'GET', path: '/images/json', query: { all: '1', filters }, signal: never() }); // prettier-ignore
  return found?.length ?? 0;
}

describe('the contract', () => {
  const files: Record<BuildScenario, string> = {
    succeeds: `FROM ${testBase}\nRUN echo built > /built\n`,
    fails: `FROM ${testBase}\nRUN echo no >&2; false\n`,
    slow: `FROM ${testBase}\nRUN setsid sleep 60 & sleep 60\n`,
  };
  buildEngineContract(() => ({
    engine,
    async prepare(scenario) {
      const request = await builder.request(files[scenario]);
      stored.push(request.reference);
      return request;
    },
    async stored(reference) {
      const found = await runtime.json(imageSchema, { method: 'GET', path: `/images/${encodeURIComponent(reference)}/json`, signal: never() }); // prettier-ignore
      return found?.Id ?? null;
    },
    leftovers: async (workId) => (await imagesOf(workId)) + (await groups()).length,
  }));
});

describe('a build', () => {
  it('tells every one of 10,000 lines in order, and characters that are cut between messages', async () => {
    const { result, events } = await build(
      await builder.request(`FROM ${testBase}\nRUN for i in $(seq 10000); do echo "line $i żółć"; done\n`),
    );
    expect(result.kind).toBe('built');
    expect(linesOf(events)).toEqual(Array.from({ length: 10_000 }, (_, index) => `line ${String(index + 1)} żółć`));
  });

  it('runs in the runtime engine after it was stored, with the port that it exposes', async () => {
    const request = await builder.request(`FROM ${testBase}\nCOPY app.js /app.js\nEXPOSE 3000\nCMD ["node","/app.js"]\n`, {}, { 'app.js': 'console.log("hello from the app")' }); // prettier-ignore
    stored.push(request.reference);
    const { result } = await build(request);
    expect(result).toMatchObject({ kind: 'built', exposedPorts: [3000] });
    if (result.kind !== 'built') return;
    await engine.store(result.imageId, request.reference, never());
    const ran = await execOk('docker', ['-H', 'unix:///var/run/docker.sock', 'run', '--rm', '--network', 'none', request.reference]); // prettier-ignore
    expect(ran.stdout.trim()).toBe('hello from the app');
  });

  it('uses the layers of its own organization again, and never those of another one', async () => {
    const dockerfile = `FROM ${testBase}\nRUN echo expensive\n`;
    const states = async (cacheNamespace: string): Promise<string[]> => {
      const { events } = await build(await builder.request(dockerfile, { cacheNamespace }));
      return events.flatMap((event) => (event.kind === 'step' && event.name.includes('RUN') ? [event.state] : []));
    };
    expect(await states('a')).toEqual(['started', 'done']);
    expect(await states('a')).toEqual(['started', 'cached']);
    expect(await states('b')).toEqual(['started', 'done']);
  });

  it('gives no cache mount of another organization', async () => {
    const mount = '--mount=type=cache,target=/cache';
    const write = `FROM ${testBase}\nRUN ${mount} touch /cache/secret-of-a && ls /cache\n`;
    await build(await builder.request(write, { cacheNamespace: 'mounts-a' }));
    const look = (again: string): string => `FROM ${testBase}\nRUN ${mount} echo ${again}: $(ls /cache)\n`;
    const mine = await build(await builder.request(look('mine'), { cacheNamespace: 'mounts-a' }));
    const theirs = await build(await builder.request(look('theirs'), { cacheNamespace: 'mounts-b' }));
    expect(linesOf(mine.events)).toEqual(['mine: secret-of-a']);
    expect(linesOf(theirs.events)).toEqual(['theirs:']);
  });

  it('leaves no control group, process or image after it failed', async () => {
    const request = await builder.request(`FROM ${testBase}\nRUN touch /a\nRUN setsid sleep 77 & false\n`);
    const { result } = await build(request);
    expect(result).toMatchObject({ kind: 'failed', code: 'build_failed' });
    if (result.kind === 'failed') expect(result.message).toContain('exit code 1');
    expect([await groups(), await imagesOf(request.workId)]).toEqual([[], 0]);
    expect((await execOk('ps', ['-eo', 'args'])).stdout).not.toContain('sleep 77');
  });

  it('names the base image that cannot be had, the Dockerfile that is missing, and what is too new', async () => {
    const missing = await build(await builder.request('FROM no-such-image-here:1\n'));
    expect(missing.result).toMatchObject({ code: 'image_unavailable' });
    const syntax = await build(await builder.request(`# syntax=docker/dockerfile:1\nFROM ${testBase}\nRUN true\n`));
    expect(syntax.result.kind).toBe('built');
    const heredoc = await build(await builder.request(`FROM ${testBase}\nRUN <<EOF\ntrue\nEOF\n`));
    expect(heredoc.result).toMatchObject({ code: 'dockerfile_unsupported' });
    const request = await builder.request('FROM x');
    const plan = { ...request.plan, dockerfile: { kind: 'repository' as const, path: '../../../installation' } };
    expect((await build({ ...request, plan })).result).toMatchObject({ code: 'path_outside_repository' });
    expect((await build({ ...request, plan: { ...plan, dockerfile: { kind: 'repository', path: 'Other' } } })).result).toMatchObject({ code: 'dockerfile_missing' }); // prettier-ignore
  });

  it('refuses an image over the limit and keeps nothing of it', async () => {
    const request = await builder.request(`FROM ${testBase}\nRUN dd if=/dev/urandom of=/big bs=1M count=20\n`);
    const { result } = await build({ ...request, limits: { ...request.limits, imageBytes: 10_000_000 } });
    expect(result).toMatchObject({ kind: 'failed', code: 'image_too_large' });
    expect(await imagesOf(request.workId)).toBe(0);
  });

  it('ends at its time limit', async () => {
    const request = await builder.request(`FROM ${testBase}\nRUN sleep 60\n`);
    const { result, ms } = await build({ ...request, limits: { ...request.limits, timeoutMs: 1500 } });
    expect(result).toMatchObject({ kind: 'failed', code: 'build_timeout' });
    expect(ms).toBeLessThan(3000);
    expect(await groups()).toEqual([]);
  });
});

/** Takes the whole disk without the time that writing takes. */
const fill = (file: string): string => `for i in $(seq 100); do fallocate -l 50M ${file}$i || break; done`;

describe('a build that takes too much ends within 10 s with the limit named', () => {
  const bombs = [
    ['build_out_of_memory', 'node -e "const a=[]; for(;;) a.push(Buffer.alloc(1e7,1))"; sleep 30'],
    ['build_process_limit', 'b() { b | b & }; b; sleep 30'],
    ['build_disk_full', `${fill('/big')}; sleep 30`],
    ['build_disk_full', `${fill('/big')}; dd if=/dev/zero of=/rest bs=1M`],
  ] as const;
  it.each(bombs)('%s', async (code, command) => {
    const request = await builder.request(`FROM ${testBase}\nRUN ${command}\n`);
    const { result, ms } = await build(request);
    expect(result).toMatchObject({ kind: 'failed', code });
    expect(ms).toBeLessThan(10_000);
    expect(await groups()).toEqual([]);
    const next = await build(await builder.request(`FROM ${testBase}\nRUN echo after ${code}\n`));
    expect(next.result.kind).toBe('built');
  });
});

describe('builds at the same time', () => {
  it('lets the others finish when one fills the disk', async () => {
    const patient = build(await builder.request(`FROM ${testBase}\nRUN touch /a && sleep 5\n`, { cacheNamespace: 'patient' })); // prettier-ignore
    const greedy = await build(await builder.request(`FROM ${testBase}\nRUN --mount=type=cache,target=/c ${fill('/c/big')}; sleep 30\n`)); // prettier-ignore
    expect(greedy.result).toMatchObject({ code: 'build_disk_full' });
    expect((await patient).result.kind).toBe('built');
  });

  it('lets an equal step of the same organization go on when the build that began it is aborted', async () => {
    const dockerfile = `FROM ${testBase}\nRUN echo begun; sleep 5; echo ended\n`;
    const controller = new AbortController();
    const first = await builder.request(dockerfile);
    const second = await builder.request(dockerfile);
    const began = Promise.withResolvers<null>();
    const aborted = engine.build(first, (event) => event.kind === 'line' && began.resolve(null), controller.signal);
    await began.promise;
    const joined = Promise.withResolvers<null>();
    const onOther = (event: BuildEvent): void => {
      if (event.kind === 'step' && event.name.includes('FROM') && event.state !== 'started') joined.resolve(null);
    };
    const other = engine.build(second, onOther, never());
    await joined.promise;
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    expect((await other).kind).toBe('built');
    await expect.poll(groups).toEqual([]);
  });
});

describe('the network of builds', () => {
  it('reaches the package registry, but not the host, its loopback or metadata: neither by RUN nor by ADD', async () => {
    const server = createServer((_, answer) => answer.end('private')).listen(0, '0.0.0.0');
    const address = server.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const route = await execOk('ip', ['-4', 'route', 'get', '198.51.100.1']);
    const own = /src (\S+)/.exec(route.stdout)?.[1] ?? '';
    const gateway = /inet (\S+)\//.exec(
      (await execOk('ip', ['-4', 'addr', 'show', builder.paths.hostLink])).stdout,
    )?.[1];
    const targets = [
      `127.0.0.1:${port}`,
      `${own}:${port}`,
      `${gateway ?? ''}:${port}`,
      '169.254.169.254',
      '198.19.0.1:80',
    ];
    try {
      for (const target of targets) {
        const added = await build(await builder.request(`FROM ${testBase}\nADD http://${target}/x /x\n`, {}, {}));
        expect([target, added.result.kind]).toEqual([target, 'failed']);
      }
      const script = `const get = (url) => fetch(url, { signal: AbortSignal.timeout(4000) }).then((r) => 'status ' + r.status, () => 'refused');
for (const url of process.argv.slice(2)) console.log(await get(url));`;
      const urls = ['https://registry.npmjs.org/express', ...targets.map((target) => `http://${target}/`)];
      const request = await builder.request(`FROM ${testBase}\nCOPY t.mjs /t.mjs\nRUN node /t.mjs ${urls.join(' ')}\n`, {}, { 't.mjs': script }); // prettier-ignore
      const { events } = await build(request);
      expect(linesOf(events)).toEqual(['status 200', ...targets.map(() => 'refused')]);
    } finally {
      server.close();
    }
  });

  it('reaches no private address of the network that the host is in', async () => {
    const lan = `lan-${builder.paths.tag}`; // not a name that the rules know
    const inside = [`--net=/run/netns/${lan}`, '--'];
    const ip = (...argv: string[]): Promise<unknown> => execOk('ip', argv);
    await ip('netns', 'add', lan);
    const serve = `require('http').createServer((q, a) => a.end('x')).listen(80, '10.254.77.2', () => console.log('ready'))`;
    try {
      await ip('link', 'add', lan, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', lan);
      await ip('address', 'add', '10.254.77.1/30', 'dev', lan);
      await ip('link', 'set', lan, 'up');
      for (const argv of ['address add 10.254.77.2/30 dev eth0', 'link set eth0 up', 'route add default via 10.254.77.1'])
        await execOk('nsenter', [...inside, 'ip', ...argv.split(' ')]);
      const stop = new AbortController();
      const ready = Promise.withResolvers<null>();
      const serving = exec('nsenter', [...inside, process.execPath, '-e', serve], { signal: stop.signal, onLine: () => ready.resolve(null) });
      await ready.promise;
      expect((await fetch('http://10.254.77.2/')).status).toBe(200);
      const added = await build(await builder.request(`FROM ${testBase}\nADD http://10.254.77.2/x /x\n`));
      expect(added.result.kind).toBe('failed');
      const script = `fetch('http://10.254.77.2/').then(() => console.log('reached'), () => console.log('refused'))`;
      const ran = await build(await builder.request(`FROM ${testBase}\nCOPY t.js /\nRUN node /t.js\n`, {}, { 't.js': script }));
      expect(linesOf(ran.events)).toEqual(['refused']);
      stop.abort();
      await serving.catch(() => null);
    } finally {
      await ip('netns', 'delete', lan);
    }
  }); // prettier-ignore

  it('keeps builds off each other', async () => {
    const serve = `require('http').createServer((q, a) => a.end('other build')).listen(8080, () => console.log(Object.values(require('os').networkInterfaces()).flat().find((i) => !i.internal && i.family === 'IPv4').address))`; // prettier-ignore
    const serving = new AbortController();
    const first = await builder.request(`FROM ${testBase}\nCOPY s.js /s.js\nRUN node /s.js\n`, {}, { 's.js': serve });
    const address = await new Promise<string>((resolve, reject) => {
      engine.build(first, (event) => event.kind === 'line' && resolve(event.text), serving.signal).catch(reject);
    });
    const script = `fetch('http://${address}:8080/', { signal: AbortSignal.timeout(2000) }).then(() => console.log('reached'), () => console.log('refused'))`; // prettier-ignore
    const second = await build(await builder.request(`FROM ${testBase}\nCOPY t.js /t.js\nRUN node /t.js\n`, {}, { 't.js': script })); // prettier-ignore
    expect(linesOf(second.events)).toEqual(['refused']);
    serving.abort();
  });
});

describe('the builder', () => {
  it('is adopted while it runs, and after a SIGKILL starts anew without what it left', async () => {
    const pid = async (): Promise<number> => Number(await readFile(path.join(builder.paths.run, 'docker.pid'), 'utf8'));
    const before = await pid();
    await ensureBuilder(builder.config, never());
    expect(await pid()).toBe(before);
    const request = await builder.request(`FROM ${testBase}\nRUN echo begun; sleep 88\n`);
    const ended = engine.build(request, (event) => event.kind === 'line' && process.kill(before, 'SIGKILL'), never());
    await expect(ended).rejects.toMatchObject({ code: 'unavailable' });
    await ensureBuilder(builder.config, never());
    expect(await pid()).not.toBe(before);
    expect((await execOk('ps', ['-eo', 'args'])).stdout).not.toContain('sleep 88');
    const next = await build(await builder.request(`FROM ${testBase}\nRUN echo again\n`));
    expect(next.result.kind).toBe('built');
  });
});
