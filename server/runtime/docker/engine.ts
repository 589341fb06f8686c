/**
 * The Engine API over its unix socket: typed answers, errors by status, the newest version that both sides know. The
 * only holder of the socket; it has no pass-through for callers of the agent.
 */
import type { Duplex, Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import * as z from 'zod';
import { AppError } from '#server/errors.ts';
import { hijackedConnection } from '#server/runtime/docker/hijack.ts';

export interface EngineRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the version prefix, each part already encoded, e.g. `/containers/slw-ins_1/json`. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Instead of `body`: bytes with their media type, such as a tar archive. */
  content?: { type: string; data: Readable | Buffer };
  /** Until the answer begins. Default 60 s; a stop takes longer. */
  timeoutMs?: number;
  signal: AbortSignal;
}

/** Oldest version with everything that is used (Docker 20.10) and the newest that was tried; Docker 29 begins at 1.44. */
const oldest = [1, 41] as const;
const newest = [1, 47] as const;
const versionSchema = z.object({ ApiVersion: z.string().regex(/^\d+\.\d+$/) });
const answerTimeoutMs = 60_000;

export class Engine {
  readonly #pool: Pool;
  readonly #socketPath: string;
  #version: Promise<string> | null = null;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    // Streams (events, logs) are silent for hours, so silence is no failure; calls have their own time limit.
    this.#pool = new Pool('http://engine', { socketPath, headersTimeout: 0, bodyTimeout: 0 });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /**
   * The parsed answer, or null for 404.
   * @throws AppError conflict (409, 403), unavailable (engine away or failing), aborted, internal (a request it refuses to understand)
   */
  async json<T>(schema: z.ZodType<T>, request: EngineRequest): Promise<T | null> {
    const answer = await this.#send(request);
    if (answer.statusCode === 404) return drop(answer);
    await refuse(answer);
    try {
      return schema.parse(await answer.body.json());
    } catch (cause) {
      throw cause instanceof z.ZodError
        ? new AppError('internal', 'The engine gave an answer of an unknown form.', { cause })
        : translate(cause, request.signal);
    }
  }

  /** Does something whose answer does not matter; false for 404. 304 (already so) is success. @throws as `json` */
  async act(request: EngineRequest): Promise<boolean> {
    const answer = await this.#send(request);
    if (answer.statusCode === 404) {
      await drop(answer);
      return false;
    }
    if (answer.statusCode !== 304) await refuse(answer);
    try {
      await answer.body.text();
    } catch (cause) {
      throw translate(cause, request.signal);
    }
    return true;
  }

  /** The bytes of a long answer as they come, or null for 404. Iterating throws as `json` does. */
  async stream(request: EngineRequest): Promise<AsyncIterable<Buffer> | null> {
    const answer = await this.#send(request);
    if (answer.statusCode === 404) return drop(answer);
    await refuse(answer);
    return chunks(answer.body, request.signal);
  }

  /**
   * A connection of its own on which the engine stops speaking HTTP: attached processes. Half-open: ending it ends the
   * process's input. Null for 404. @throws as `json`
   */
  async hijack(path: string, body: unknown, signal: AbortSignal): Promise<Duplex | null> {
    const version = await this.#negotiated(signal);
    return hijackedConnection(this.#socketPath, `/v${version}${path}`, body, signal);
  }

  async #send(request: EngineRequest): Promise<Dispatcher.ResponseData> {
    const version = await this.#negotiated(request.signal);
    return this.#dispatch(`/v${version}`, request);
  }

  #negotiated(signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(translate(signal.reason, signal));
    // Shared by all calls, so it does not end with the signal of one of them. A failure is not remembered.
    this.#version ??= this.#negotiate().catch((error: unknown) => {
      this.#version = null;
      throw error;
    });
    return this.#version;
  }

  async #negotiate(): Promise<string> {
    const request = { method: 'GET', path: '/version', signal: AbortSignal.timeout(10_000) } as const;
    const answer = await this.#dispatch('', request);
    await refuse(answer);
    const offered = versionSchema
      .parse(await answer.body.json())
      .ApiVersion.split('.')
      .map(Number);
    if (isNewer(oldest, offered)) throw new AppError('unavailable', 'The container engine is older than Docker 20.10.');
    return (isNewer(offered, newest) ? newest : offered).join('.');
  }

  async #dispatch(prefix: string, request: EngineRequest): Promise<Dispatcher.ResponseData> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), request.timeoutMs ?? answerTimeoutMs);
    try {
      return await this.#pool.request({
        method: request.method,
        path: prefix + request.path,
        ...(request.query ? { query: request.query } : {}),
        ...payload(request),
        signal: AbortSignal.any([request.signal, late.signal]),
      });
    } catch (cause) {
      throw translate(cause, request.signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

function payload(request: EngineRequest): Pick<Dispatcher.DispatchOptions, 'body' | 'headers'> {
  const { body, content } = request;
  if (content) return { body: content.data, headers: { 'content-type': content.type } };
  return body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

async function* chunks(body: Dispatcher.ResponseData['body'], signal: AbortSignal): AsyncGenerator<Buffer> {
  const source: AsyncIterable<Buffer> = body;
  try {
    yield* source;
  } catch (cause) {
    throw translate(cause, signal);
  } finally {
    body.destroy();
  }
}

const isNewer = (a: readonly number[], b: readonly number[]): boolean =>
  (a[0] ?? 0) > (b[0] ?? 0) || ((a[0] ?? 0) === (b[0] ?? 0) && (a[1] ?? 0) > (b[1] ?? 0));

async function drop(answer: Dispatcher.ResponseData): Promise<null> {
  await answer.body.dump();
  return null;
}

async function refuse(answer: Dispatcher.ResponseData): Promise<void> {
  const { statusCode } = answer;
  if (statusCode < 300) return;
  const cause = new Error(`${statusCode}: ${(await answer.body.text()).slice(0, 2000)}`);
  if (statusCode === 409 || statusCode === 403)
    throw new AppError('conflict', 'The engine refuses this in its present state.', { cause });
  if (statusCode >= 500) throw new AppError('unavailable', 'The container engine failed.', { cause });
  throw new AppError('internal', 'The container engine does not understand this request.', { cause });
}

function translate(cause: unknown, signal: AbortSignal): AppError {
  if (cause instanceof AppError) return cause;
  if (signal.aborted) return new AppError('aborted', 'Cancelled.', { cause: signal.reason });
  return new AppError('unavailable', 'The container engine does not answer.', { cause });
}
