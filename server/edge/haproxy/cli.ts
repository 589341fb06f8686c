/**
 * HAProxy's command sockets: one command per connection with a half-close after it, which is what makes the master
 * socket close too. A semicolon, newline or space in a value would start another command or end the value silently, so
 * every word is checked.
 */
import { connect } from 'node:net';
import { AppError } from '#server/errors.ts';

const wordPattern = /^[A-Za-z0-9_.:*!/|?=&%,@~#+-]+$/;
const payloadLinePattern = /^[^\s<]\S* \S+$/;
const answerLimitBytes = 64 * 1024 * 1024;
const commandTimeoutMs = 10_000;
/** Commands over `tune.bufsize` (32 kB) reset the connection. */
const payloadLimitBytes = 24_000;

/** @throws AppError internal when a word could be more than one. */
export function commandOf(words: readonly string[]): string {
  if (!words.every((word) => word.split(' ').every((part) => wordPattern.test(part)))) {
    throw new AppError('internal', 'A command of the edge holds a word that is not plain.');
  }
  return words.join(' ');
}

/** Splits lines into payloads that fit one command each. @throws AppError internal when a line is not `key value`. */
export function payloadsOf(entries: readonly (readonly [string, string])[]): string[] {
  const payloads: string[] = [];
  let payload = '';
  for (const [key, value] of entries) {
    const line = `${key} ${value}`;
    if (!payloadLinePattern.test(line)) throw new AppError('internal', 'A route of the edge is not plain text.');
    if (payload.length + line.length > payloadLimitBytes) {
      payloads.push(payload);
      payload = '';
    }
    payload += `${line}\n`;
  }
  return payload === '' ? payloads : [...payloads, payload];
}

/**
 * Sends one command and answers its whole text without surrounding white space.
 * @throws AppError unavailable when nothing listens, the connection breaks or 10 s pass; aborted by the signal.
 */
export function ask(socketPath: string, command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new AppError('aborted', 'Cancelled.', { cause: signal.reason }));
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const finish = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error === undefined) resolve(Buffer.concat(chunks).toString('utf8').trim());
      else if (signal.aborted) reject(new AppError('aborted', 'Cancelled.', { cause: signal.reason }));
      else reject(new AppError('unavailable', 'The edge does not answer.', { cause: error }));
    };
    const onAbort = (): void => finish(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(commandTimeoutMs, () => finish(new Error('no answer in time')));
    socket.on('error', finish);
    socket.on('data', (chunk) => {
      size += chunk.length;
      if (size > answerLimitBytes) finish(new Error('answer too long'));
      else chunks.push(chunk);
    });
    socket.on('end', () => finish());
    socket.end(`${command}\n`);
  });
}

/**
 * Sends a command and compares its answer: HAProxy reports failure in words only.
 * @param accepted the whole answers that mean success; an empty answer is `''`.
 * @throws AppError unavailable with the answer as its cause.
 */
export async function tell(
  socketPath: string,
  command: string,
  accepted: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const answer = await ask(socketPath, command, signal);
  if (accepted.includes(answer)) return answer;
  throw new AppError('unavailable', 'The edge refused a change.', {
    cause: new Error(`${command.slice(0, 200)}: ${answer.slice(0, 500)}`),
  });
}
