/** The Engine API's upgrade to a raw connection, which undici's `upgrade` cannot do: the request has a body. */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError } from '#server/errors.ts';

const answerTimeoutMs = 30_000;

/** Null for 404. @throws AppError conflict (the container does not run), unavailable, aborted */
export function hijackedConnection(
  socketPath: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Duplex | null> {
  const payload = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const call = request({
      method: 'POST',
      path,
      headers: {
        host: 'engine',
        connection: 'Upgrade',
        upgrade: 'tcp',
        'content-type': 'application/json',
        'content-length': payload.length,
      },
      createConnection: () => connect({ path: socketPath, allowHalfOpen: true }),
      signal,
      timeout: answerTimeoutMs,
    });
    const fail = (cause: unknown): void =>
      reject(
        signal.aborted
          ? new AppError('aborted', 'Cancelled.', { cause: signal.reason })
          : new AppError('unavailable', 'The container engine does not answer.', { cause }),
      );
    call.once('timeout', () => call.destroy(new Error('No answer in time.')));
    call.once('error', fail);
    call.once('upgrade', (_answer, socket, head) => {
      call.off('error', fail);
      socket.on('error', () => socket.destroy());
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    call.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      text(answer).then(
        (said) => {
          if (status === 404) return resolve(null);
          const cause = new Error(`${status}: ${said.slice(0, 2000)}`);
          return reject(
            status === 409
              ? new AppError('conflict', 'The instance does not run.', { cause })
              : new AppError('unavailable', 'The container engine failed.', { cause }),
          );
        },
        (cause: unknown) => fail(cause),
      );
    });
    call.end(payload);
  });
}
