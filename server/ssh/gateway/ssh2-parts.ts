/**
 * What ssh2 1.17 leaves to its user or gets wrong, in one place. It reaches into the library: the version is pinned, and
 * every part is looked at before it is used.
 *
 * - A packet size of 0 makes a writing channel loop for ever; a window without end makes it fill memory.
 * - A channel keeps the part that once waited for its window. When its stderr waits later, that old part is sent again.
 * - A client that ignores our window fills the channel's buffer.
 * - There is no way to send a banner once authentication began.
 */
import type { Connection, ServerChannel, Session } from 'ssh2';
import { sendPacket } from 'ssh2/lib/protocol/utils.js';

const get = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const leastPacket = 256;
/** False when the client announced a packet size with which nothing can be sent. */
export function isUsable(opened: Session | ServerChannel): boolean {
  const outgoing = get(get(opened, '_chanInfo') ?? opened, 'outgoing');
  const packetSize = get(outgoing, 'packetSize');
  return typeof packetSize === 'number' && packetSize >= leastPacket;
}

/** Forgets the part that waited. Call it when its write has called back. */
export function forgetWaited(channel: ServerChannel): void {
  for (const name of ['_chunk', '_chunkcb', '_chunkErr', '_chunkcbErr'])
    if (Reflect.get(channel, name) !== undefined) Reflect.set(channel, name, undefined);
}

/** Bytes that wait to be sent to the client, whatever windows it gave. */
export function unsentBytes(connection: Connection): number {
  const waiting = get(get(connection, '_sock'), 'writableLength');
  return typeof waiting === 'number' ? waiting : 0;
}
/** Calls back once what waits was sent, or the connection is gone. */
export function whenSent(connection: Connection, done: () => void): void {
  const socket = get(connection, '_sock');
  const once = get(socket, 'once');
  if (typeof once !== 'function' || get(socket, 'destroyed') === true) return done();
  let isDone = false;
  const finish = (): void => {
    if (!isDone) done();
    isDone = true;
  };
  for (const event of ['drain', 'close']) once.call(socket, event, finish);
}

const bannerMessage = 53;
/** Shown by the client before it goes on to authenticate. Nothing is sent where the library has another form. */
export function sendBanner(connection: Connection, text: string): void {
  const protocol = get(connection, '_protocol');
  const writer = get(get(protocol, '_packetRW'), 'write');
  const [start, alloc, finalize] = ['allocStart', 'alloc', 'finalize'].map((name) => get(writer, name));
  if (typeof start !== 'number' || typeof alloc !== 'function' || typeof finalize !== 'function') return;
  const bytes = Buffer.from(`${text}\r\n`);
  const packet: unknown = alloc.call(writer, 1 + 4 + bytes.length + 4);
  if (!(packet instanceof Uint8Array) || typeof protocol !== 'object' || protocol === null) return;
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  view[start] = bannerMessage;
  view.writeUInt32BE(bytes.length, start + 1);
  bytes.copy(view, start + 5);
  view.writeUInt32BE(0, start + 5 + bytes.length);
  sendPacket(protocol, finalize.call(writer, packet));
}

/** Calls back after each part that the client sent was taken apart. */
export function afterInput(connection: Connection, check: () => void): void {
  const on = get(get(connection, '_sock'), 'on');
  if (typeof on === 'function') on.call(get(connection, '_sock'), 'data', check);
}
/** Closes without a word, whatever waits to be sent. */
export function cut(connection: Connection): void {
  const destroy = get(get(connection, '_sock'), 'destroy');
  if (typeof destroy === 'function') destroy.call(get(connection, '_sock'));
}
