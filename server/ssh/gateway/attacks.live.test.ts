import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type ssh2 from 'ssh2';
import type { ClientChannel } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import {
  blobOf,
  dropClients,
  enter,
  enterWithOwnKey,
  methodsOf,
  own,
  run,
  victim,
} from '#server/ssh/gateway/hostile-client.ts';
import { type LivePlace, openLivePlace } from '#server/ssh/gateway/live-place.ts';
import type { GatewayBench } from '#server/ssh/gateway/testing.ts';

const attacks = z
  .object({
    logins: z.array(z.string()), forwards: z.array(z.string()), commands: z.array(z.string()), environment: z.array(z.string()),
    authentications: z.array(z.object({ name: z.string(), methods: z.array(z.string()), signature: z.string().optional() })),
  })
  .parse(JSON.parse(readFileSync('e2e/attacks/ssh.json', 'utf8'))); // prettier-ignore

let place: LivePlace;
let bench: GatewayBench;
beforeAll(async () => {
  place = await openLivePlace(process.env.SLIPWAY_DOCKER_SOCKET);
  bench = place.bench;
  bench.desk.keys.set(blobOf(own.publicKey).toString('base64'), 'key_own');
  bench.desk.keys.set(blobOf(victim.publicKey).toString('base64'), 'key_victim');
}, 120_000);
afterAll(() => place.dispose());

afterEach(dropClients);

const until = { timeout: 15_000, interval: 50 };
describe('who somebody is', () => {
  test.each(attacks.authentications)('$name does not sign in', async ({ methods, signature }) => {
    const { isIn } = await enter({ authHandler: methodsOf(methods, signature ?? '') }, bench);
    expect(isIn).toBe(false);
  });

  test('a victim’s key that was offered before gives nothing to who signs with an own one', async () => {
    const { isIn, client } = await enter({ authHandler: methodsOf(['victim', 'own'], 'random') }, bench);
    expect(isIn).toBe(true);
    await run(client, 'true');
    expect(bench.desk.asked.at(-1)?.keyId).toBe('key_own');
  });

  test.each(attacks.logins)('the login %j opens nothing, and the gateway goes on', async (login) => {
    const username = login.replace(/^x\{(\d+)\}$/, (_all, count: string) => 'x'.repeat(Number(count)));
    const { isIn, client } = await enterWithOwnKey(bench, { username });
    if (!isIn) return;
    const { code, text } = await run(client, 'id');
    expect(code).not.toBe(0);
    expect(text).toContain('There is no such deployment.');
  });
});

describe('what somebody may reach', () => {
  test.each(attacks.forwards)('no connection to %s', async (target) => {
    const [port = '', host = ''] = target.split('@');
    const { client } = await enterWithOwnKey(bench);
    const error = await new Promise((resolve) => {
      try {
        client.forwardOut('127.0.0.1', 1, host, Number(port.split(':').at(-1)), (failed) => resolve(failed));
      } catch (thrown) {
        resolve(thrown);
      }
    });
    expect(error).toBeInstanceOf(Error);
  });

  test('no unix socket, no listener for others, no agent and no display', async () => {
    const { client } = await enterWithOwnKey(bench);
    const failed = (ask: (done: (error: Error | null | undefined) => void) => void) =>
      new Promise((resolve) => ask(resolve));
    expect(await failed((done) => client.openssh_forwardOutStreamLocal('/var/run/docker.sock', done))).toBeInstanceOf(Error); // prettier-ignore
    expect(await failed((done) => client.forwardIn('127.0.0.1', 0, done))).toBeInstanceOf(Error);
    expect(await failed((done) => client.openssh_forwardInStreamLocal('/tmp/x', done))).toBeInstanceOf(Error);
    expect(await failed((done) => client.exec('true', { x11: true }, done))).toBeInstanceOf(Error);
    expect(await failed((done) => client.subsys('../../bin/sh', done))).toBeInstanceOf(Error);
  });

  test.each(attacks.commands)('the command %j runs in the instance and nowhere else', async (command) => {
    const mark = `/tmp/slipway-${randomBytes(8).toString('hex')}`;
    const { client } = await enterWithOwnKey(bench);
    await run(client, command.replaceAll('/tmp/MARK', mark));
    expect(existsSync(mark)).toBe(false);
  });

  test('nothing of the client’s environment that could steer a program', async () => {
    const { client } = await enterWithOwnKey(bench);
    const env = Object.fromEntries([...attacks.environment, 'LANG'].map((name) => [name, 'planted']));
    const { text } = await run(client, 'busybox env', env);
    expect(text.split('\n').filter((line) => line.endsWith('=planted'))).toEqual(['LANG=planted']);
  });
});

describe('limits', () => {
  test('a thousand channels are refused beyond the limit, and the others work', async () => {
    const { client } = await enterWithOwnKey(bench);
    const opened = await Promise.all(
      Array.from({ length: 300 }, () => new Promise<boolean>((resolve) => client.exec('busybox sleep 3', (error) => resolve(!error)))),
    ); // prettier-ignore
    expect(opened.filter(Boolean).length).toBeLessThanOrEqual(64);
    expect((await bench.ssh(['web@127.0.0.1', 'echo fine'])).stdout).toBe('fine\n');
  }, 60_000);

  test('a command of megabytes is refused with a sentence', async () => {
    const { client } = await enterWithOwnKey(bench);
    const { text } = await run(client, `: ${'x'.repeat(30_000)}`);
    expect(text).toBe('');
    const { isIn, client: second } = await enterWithOwnKey(bench);
    expect(isIn).toBe(true);
    await run(second, 'x'.repeat(10_000_000));
    expect((await bench.ssh(['web@127.0.0.1', 'echo fine'])).stdout).toBe('fine\n');
  });

  /** The library's own protocol object: sends what its public side would not. */
  const protocolOf = (client: ssh2.Client): Record<string, (...args: unknown[]) => void> =>
    Reflect.get(client, '_protocol') as Record<string, (...args: unknown[]) => void>;

  test('a packet size of nothing ends the connection and not the gateway', async () => {
    const { client } = await enterWithOwnKey(bench);
    protocolOf(client)['session']?.(7, 2 ** 32 - 1, 0);
    protocolOf(client)['exec']?.(0, 'yes', true);
    await vi.waitFor(() => expect(Reflect.get(client, '_sock')).toMatchObject({ destroyed: true }), until);
    expect((await bench.ssh(['web@127.0.0.1', 'echo fine'])).stdout).toBe('fine\n');
  });

  test('a client that reads nothing under a window without end fills no memory', async () => {
    const { client } = await enterWithOwnKey(bench);
    const before = process.memoryUsage().rss;
    const channel = await new Promise<ClientChannel>((resolve, reject) => client.exec('cat /dev/zero', (error, opened) => (error ? reject(error) : resolve(opened)))); // prettier-ignore
    (Reflect.get(client, '_sock') as Socket).pause();
    for (let round = 0; round < 50; round += 1) protocolOf(client)['channelWindowAdjust']?.(0, 2 ** 31);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
    channel.destroy();
  });

  test('a client that sends more than its window is cut off', async () => {
    const { client } = await enterWithOwnKey(bench);
    await new Promise((resolve) => client.exec('busybox sleep 100', resolve));
    const socket = Reflect.get(client, '_sock') as Socket;
    const part = Buffer.alloc(30_000); // no divisor of the window, which ssh2 keeps at 0 once it is exactly that
    for (let round = 0; round < 2000 && !socket.destroyed; round += 1) {
      protocolOf(client)['channelData']?.(0, part);
      if (socket.writableLength > 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await vi.waitFor(() => expect(socket.destroyed).toBe(true), until);
  }, 30_000);
});
