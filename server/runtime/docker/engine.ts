/**
 * A thin client of the Engine API over its unix socket, shared by the runtime driver and the builder. It negotiates the
 * API version, maps failures to our codes, and leaves the meaning of each call to its caller.
 */
import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { AppError, isAborted, type ErrorCode } from '#server/errors.ts';

export interface EngineCall {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Without the version: `/containers/json`. Callers encode what they insert. */
  path: string;
  query?: Record<string, string | number | boolean>;
  /** Sent as JSON, or as it is when it is a stream or bytes. */
  body?: Record<string, unknown> | Readable | Buffer;
  headers?: Record<string, string>;
}
export interface EngineAnswer {
  status: number;
  body: Readable;
}
export interface EngineClient {
  /**
   * The answer parsed as JSON; null when it is empty.
   * @throws AppError unavailable (away, or its own failure), not_found, conflict, bad_input (the call is refused), aborted.
   */
  json(call: EngineCall, signal: AbortSignal): Promise<unknown>;
  /** The body as it comes. Aborting the signal closes the connection. Throws like `json`. */
  stream(call: EngineCall, signal: AbortSignal): Promise<Readable>;
  /** API version in use, such as `1.41`. */
  version(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** The newest API that this code was written for; engines newer than it keep answering it. */
const newestKnown = 51;

const codeOf = (status: number): ErrorCode =>
  status === 404 ? 'not_found' : status === 409 ? 'conflict' : status < 500 ? 'bad_input' : 'unavailable';

/** The engine's own message of a failed call; never shown to tenants, so it travels as the cause. */
function failure(status: number, text: string, path: string): AppError {
  let message = text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) message = String(parsed.message);
  } catch {
    // not JSON: the text itself says it
  }
  const cause = new Error(`${String(status)} ${path}: ${message.slice(0, 2000)}`);
  return new AppError(codeOf(status), 'The container engine refused or failed.', { cause });
}

const away = (cause: unknown): AppError =>
  isAborted(cause)
    ? new AppError('aborted', 'Cancelled.', { cause })
    : new AppError('unavailable', 'The container engine does not answer.', { cause });

function encoded(call: EngineCall): { headers: Record<string, string>; body: Readable | Buffer | string | null } {
  const { body, headers = {} } = call;
  if (body === undefined) return { headers, body: null };
  if (Buffer.isBuffer(body) || body instanceof Readable) return { headers, body };
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** @param socketPath of the engine. Nothing is opened before the first call. */
export function createEngineClient(socketPath: string): EngineClient {
  const agent = new Agent({
    connect: { socketPath },
    headersTimeout: 0, // a build or a wait answers when it is done
    bodyTimeout: 0,
  });
  let negotiated: Promise<string> | undefined;

  async function send(call: EngineCall, prefix: string, signal: AbortSignal): Promise<EngineAnswer> {
    const query = new URLSearchParams(Object.entries(call.query ?? {}).map(([key, value]) => [key, String(value)]));
    const path = `${prefix}${call.path}${query.size > 0 ? `?${query.toString()}` : ''}`;
    const method: Dispatcher.HttpMethod = call.method ?? 'GET';
    try {
      const answer = await agent.request({ origin: 'http://engine', path, method, ...encoded(call), signal });
      return { status: answer.statusCode, body: answer.body };
    } catch (cause) {
      throw away(signal.aborted ? new AppError('aborted', 'Cancelled.', { cause }) : cause);
    }
  }

  async function readAll(body: Readable, signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of body) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
    } catch (cause) {
      throw away(signal.aborted ? new AppError('aborted', 'Cancelled.', { cause }) : cause);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async function negotiate(): Promise<string> {
    const limit = AbortSignal.timeout(10_000); // its own: several callers wait for one answer
    const answer = await send({ path: '/version' }, '', limit);
    const parsed: unknown = JSON.parse(await readAll(answer.body, limit));
    const offered =
      typeof parsed === 'object' && parsed !== null && 'ApiVersion' in parsed ? String(parsed.ApiVersion) : '';
    const minor = Number(/^1\.(\d+)$/.exec(offered)?.[1]);
    if (!Number.isInteger(minor)) throw new AppError('unavailable', 'The container engine speaks an unknown API.');
    return `1.${String(Math.min(minor, newestKnown))}`;
  }
  async function version(signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    negotiated ??= negotiate();
    try {
      return await negotiated;
    } catch (cause) {
      negotiated = undefined; // the next call tries again
      throw isAborted(cause) ? away(new Error('no answer within 10 s')) : cause;
    }
  }

  async function stream(call: EngineCall, signal: AbortSignal): Promise<Readable> {
    const answer = await send(call, `/v${await version(signal)}`, signal);
    if (answer.status < 400) return answer.body;
    throw failure(answer.status, await readAll(answer.body, signal), call.path);
  }
  async function json(call: EngineCall, signal: AbortSignal): Promise<unknown> {
    const text = await readAll(await stream(call, signal), signal);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
  return { json, stream, version, close: () => agent.destroy() };
}
