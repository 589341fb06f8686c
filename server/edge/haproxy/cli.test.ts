import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, commandOf, payloadsOf, tell } from '#server/edge/haproxy/cli.ts';

const signal = new AbortController().signal;
let folder: string;
let server: Server | undefined;
const serve = async (onConnection: (socket: Socket) => void): Promise<string> => {
  const file = path.join(folder, 'socket');
  server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => void server?.listen(file, resolve));
  return file;
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-cli-'));
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

test.each(['a;b', 'a\nb', 'a\tb', "a'b", 'a"b', 'a\\b', 'a<b', '', 'ä'])(
  'the word %j never becomes part of a command',
  (word) => {
    expect(() => commandOf(['get map', word])).toThrow(expect.objectContaining({ code: 'internal' }));
  },
);

test('plain words make a command', () => {
  expect(commandOf(['get map', 'maps/routes.map', '!dep_1/'])).toBe('get map maps/routes.map !dep_1/');
});

test.each([
  ['a b', 'c'],
  ['a', 'b c'],
  ['a\n', 'b'],
  ['', 'b'],
  ['a', ''],
  ['<<', 'b'],
])('the entry %j %j never becomes a payload line', (key, value) => {
  expect(() => payloadsOf([[key, value]])).toThrow(expect.objectContaining({ code: 'internal' }));
});

test('payloads stay below the size that HAProxy takes, and lose nothing', () => {
  const entries = Array.from(
    { length: 2000 },
    (_, index) => [`host-${index}.example.com/`, `p${index}|rel|1|2|3`] as const,
  );
  const payloads = payloadsOf(entries);
  expect(Math.max(...payloads.map((payload) => payload.length))).toBeLessThanOrEqual(24_200);
  expect(payloads.join('')).toBe(entries.map(([key, value]) => `${key} ${value}\n`).join(''));
});

test('one command goes out, then the half-close; the answer is everything until the end', async () => {
  const received: string[] = [];
  const file = await serve((socket) => {
    socket.on('data', (chunk) => received.push(chunk.toString()));
    socket.on('end', () => {
      socket.write('first\n');
      socket.end('second\n\n');
    });
  });
  expect(await ask(file, 'show info', signal)).toBe('first\nsecond');
  expect(received.join('')).toBe('show info\n');
});

test('an answer that is none of the accepted ones is a failure with that answer as its cause', async () => {
  const file = await serve((socket) => socket.resume().on('end', () => socket.end('No such backend.\n')));
  await expect(tell(file, 'add server x', ['New server registered.'], signal)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { message: 'add server x: No such backend.' },
  });
});

test('nothing that listens is unavailable; a signal ends a question that gets no answer', async () => {
  await expect(ask(path.join(folder, 'nobody'), 'show info', signal)).rejects.toMatchObject({ code: 'unavailable' });
  const file = await serve(() => undefined);
  await expect(ask(file, 'show info', AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'aborted' });
});
