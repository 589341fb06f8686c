/** A connection that begins with one line of JSON and goes on with something else. */
import type { Duplex } from 'node:stream';
import { AppError } from '#server/errors.ts';

const limitBytes = 256 * 1024;
const limitMs = 10_000;

/**
 * Takes the first line off a connection and leaves it paused, with what follows unread.
 * @throws AppError bad_input when there is no line in time, or a longer one.
 */
export function readFirstLine(connection: Duplex, timeoutMs = limitMs): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const parts: Buffer[] = [];
    const settle = (line: string | null, rest: Buffer | null): void => {
      clearTimeout(timer);
      connection.off('data', onData);
      connection.off('end', onEnd);
      connection.off('error', onEnd);
      connection.off('close', onEnd);
      connection.pause();
      if (rest && rest.length > 0) connection.unshift(rest);
      if (line === null) reject(new AppError('bad_input', 'The connection did not begin as it should.'));
      else resolve(line);
    };
    const onEnd = (): void => settle(null, null);
    const onData = (chunk: Buffer): void => {
      const cut = chunk.indexOf(10);
      parts.push(cut === -1 ? chunk : chunk.subarray(0, cut));
      bytes += chunk.length;
      if (cut !== -1) settle(Buffer.concat(parts).toString('utf8'), chunk.subarray(cut + 1));
      else if (bytes > limitBytes) settle(null, null);
    };
    const timer = setTimeout(onEnd, timeoutMs);
    connection.on('data', onData);
    connection.once('end', onEnd);
    connection.once('error', onEnd);
    connection.once('close', onEnd);
  });
}
