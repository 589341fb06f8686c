import { connect, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dropClients, enter, methodsOf, own } from '#server/ssh/gateway/hostile-client.ts';
import { type LivePlace, openLivePlace } from '#server/ssh/gateway/live-place.ts';
import { type GatewayBench, startGateway } from '#server/ssh/gateway/testing.ts';

const until = { timeout: 15_000, interval: 50 };

describe('before anybody signed in', () => {
  let place: LivePlace;
  let strict: GatewayBench;
  beforeAll(async () => {
    place = await openLivePlace(process.env.SLIPWAY_DOCKER_SOCKET);
    strict = await startGateway(place.runtime.shells, { loginMs: 2000, failures: 5, recheckMs: 300, unauthenticatedPerNetwork: 30 });
    strict.desk.instances.set('web', place.spec.id);
  }, 120_000); // prettier-ignore
  afterAll(async () => {
    dropClients();
    await strict.dispose();
    await place.dispose();
  });
  const open = (localAddress = '127.0.0.1'): Socket =>
    connect({ host: '127.0.0.1', port: strict.port, localAddress }).on('error', () => undefined);
  const closed = (socket: Socket) => new Promise<number>((resolve) => {
    const since = Date.now();
    socket.once('close', () => resolve(Date.now() - since));
    socket.resume();
  }); // prettier-ignore

  test('silence, a byte now and then, and a version line alone end with the log-in timer', async () => {
    const [silent, slow, versioned] = [open(), open(), open()];
    const drip = setInterval(() => slow.write('S'), 300);
    versioned.write('SSH-2.0-x\r\n');
    const times = await Promise.all([silent, slow, versioned].map(closed));
    clearInterval(drip);
    for (const time of times) expect(time).toBeLessThan(4000);
  });

  test('a thousand silent ones keep nobody out', async () => {
    const silent = Array.from({ length: 1000 }, (_, index) => open(`127.0.0.${2 + (index % 20)}`));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const since = Date.now();
    expect((await strict.ssh(['web@127.0.0.1', 'echo in'])).stdout).toBe('in\n');
    expect(Date.now() - since).toBeLessThan(5000);
    for (const socket of silent) socket.destroy();
  });

  test('six wrong keys end the connection; a network that goes on is shut out, others are not', async () => {
    const unknown = Array.from({ length: 10 }, () => 'unknown');
    const attempt = (localAddress: string) => enter({ authHandler: methodsOf(unknown, ''), localAddress }, strict);
    for (let round = 0; round < 5; round += 1) expect((await attempt('127.0.0.77')).isIn).toBe(false);
    await vi.waitFor(async () => expect(await closed(open('127.0.0.77'))).toBeLessThan(500), until);
    expect((await strict.ssh(['web@127.0.0.1', 'echo in'])).stdout).toBe('in\n');
  }, 60_000);

  test('somebody without a registered key reads where to add it', async () => {
    const keys = new Map(strict.desk.keys);
    strict.desk.keys.clear();
    const { stderr, exitCode } = await strict.ssh(['web@127.0.0.1', 'true']);
    for (const [blob, id] of keys) strict.desk.keys.set(blob, id);
    expect(exitCode).toBe(255);
    expect(stderr).toContain('Unknown key SHA256:');
  });

  test('a session whose key is removed ends within seconds, and gets no new channel before', async () => {
    const keys = new Map(strict.desk.keys);
    strict.desk.asked.length = 0;
    const lasting = strict.ssh(['web@127.0.0.1', 'echo on; busybox sleep 100']);
    await vi.waitFor(() => expect(strict.desk.asked.length).toBeGreaterThan(0), until);
    const since = Date.now();
    strict.desk.keys.clear();
    const { stderr } = await lasting;
    for (const [blob, id] of keys) strict.desk.keys.set(blob, id);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(stderr).toContain('Your key was removed.');
  });

  test('mutated handshakes end their connection and nothing else', async () => {
    const recorded = await record();
    for (let round = 0; round < 400; round += 1) {
      const bytes = mutate(recorded, round);
      const socket = open(`127.0.1.${round % 200}`);
      socket.write(bytes);
      socket.end();
      if (round % 40 === 39) await closed(socket);
    }
    expect((await strict.ssh(['web@127.0.0.1', 'echo in'])).stdout).toBe('in\n');
  }, 60_000);

  /** What a real client sends first: its version, its key exchange and the first part of it. */
  async function record(): Promise<Buffer> {
    const sent: Buffer[] = [];
    const client = new ssh2.Client();
    const socket = connect({ host: '127.0.0.1', port: strict.port });
    const write = socket.write.bind(socket);
    socket.write = (data: string | Uint8Array, ...rest: unknown[]): boolean => {
      sent.push(Buffer.from(data));
      return Reflect.apply(write, socket, [data, ...rest]) as boolean;
    };
    await new Promise((resolve) => {
      client.on('error', resolve);
      client.on('handshake', resolve);
      client.connect({ sock: socket, username: 'web', privateKey: own.privateKey.reveal() });
    });
    client.destroy();
    return Buffer.concat(sent);
  }
});

/** The same changes each time: bits, lengths, cuts, repeats, and noise. */
function mutate(bytes: Buffer, seed: number): Buffer {
  let state = seed * 2_654_435_761 + 1;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  };
  const copy = Buffer.from(bytes);
  for (let count = 1 + next(8); count > 0; count -= 1) {
    const at = next(copy.length - 4);
    if (next(3) === 0) copy.writeUInt32BE([0, 1, 0x7fffffff, 0xffffffff, 35_001][next(5)] ?? 0, at);
    else copy[at] = next(256);
  }
  if (next(4) === 0) return copy.subarray(0, next(copy.length));
  return next(5) === 0 ? Buffer.concat([copy, copy]) : copy;
}
