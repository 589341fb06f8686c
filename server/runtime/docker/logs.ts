/**
 * The console by the Engine API. Frames carry a stream and a timestamp; a line longer than 16 KB comes in several and is
 * joined again. A stream that ends while the instance goes on (the engine was restarted, the instance was) is taken up
 * after the last line.
 */
import { systemClock } from '#server/clock.ts';
import { AppError, isAborted, isRetryable, notFound } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { containerPath } from '#server/runtime/docker/inspect.ts';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import type { ConsoleLine } from '#server/runtime/types.ts';

const headerBytes = 8;
const lineLimit = 256 * 1024;
const reconnectMs = 200;
const patienceMs = 15_000;

export interface LogOptions {
  since: string | null;
  follow: boolean;
  tail?: number;
}

export class Logs {
  readonly #engine: Engine;
  readonly #containers: Containers;

  constructor(engine: Engine, containers: Containers) {
    this.#engine = engine;
    this.#containers = containers;
  }

  async *read(instanceId: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<ConsoleLine> {
    if (!(await this.#containers.find(instanceId, signal))) throw notFound();
    let since = options.since;
    let awaySince: number | null = null;
    for (let tail = options.tail; ; tail = undefined) {
      try {
        const from = { since, follow: options.follow, ...(tail === undefined ? {} : { tail }) };
        for await (const line of this.#once(instanceId, from, signal)) {
          since = line.at;
          yield line;
        }
        if (!options.follow || !(await this.#goesOn(instanceId, signal))) return;
        awaySince = null;
      } catch (error) {
        if (options.follow && signal.aborted && isAborted(error)) return;
        awaySince ??= Date.now();
        if (!options.follow || !isRetryable(error) || Date.now() - awaySince > patienceMs) throw error;
      }
      await systemClock.sleep(reconnectMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #goesOn(instanceId: string, signal: AbortSignal): Promise<boolean> {
    const status = (await this.#containers.find(instanceId, signal))?.State.Status;
    return status === 'running' || status === 'restarting' || status === 'paused' || status === 'created';
  }

  async *#once(instanceId: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<ConsoleLine> {
    const query = {
      stdout: '1',
      stderr: '1',
      timestamps: '1',
      follow: options.follow ? '1' : '0',
      ...(options.since === null ? {} : { since: engineTime(options.since) }),
      ...(options.tail === undefined ? {} : { tail: String(options.tail) }),
    };
    const path = `${containerPath(instanceId)}/logs`;
    const stream = await this.#engine.stream({ method: 'GET', path, query, signal });
    if (!stream) return;
    // The engine's own `since` includes lines of that very nanosecond.
    for await (const line of consoleLines(stream)) if (options.since === null || line.at > options.since) yield line;
  }
}

/** ISO with nanoseconds → the engine's `seconds.nanoseconds`. */
function engineTime(at: string): string {
  const seconds = Math.floor(Date.parse(`${at.slice(0, 19)}Z`) / 1000);
  if (!Number.isFinite(seconds)) throw new AppError('bad_input', 'This is not a time.');
  return `${seconds}.${/\.(\d{1,9})Z$/.exec(at)?.[1]?.padEnd(9, '0') ?? '000000000'}`;
}

/** Frames of the engine's multiplexed stream → whole lines. A joined line has the time of its last part, so that reading on after it skips all of it. */
export async function* consoleLines(stream: AsyncIterable<Buffer>): AsyncGenerator<ConsoleLine> {
  const open: Record<ConsoleLine['stream'], string> = { stdout: '', stderr: '' };
  for await (const { channel, text } of frames(stream)) {
    const at = text.slice(0, text.indexOf(' '));
    const joined = open[channel] + text.slice(at.length + 1);
    if (!joined.endsWith('\n') && joined.length < lineLimit) {
      open[channel] = joined;
      continue;
    }
    open[channel] = '';
    yield { at, stream: channel, text: joined.replace(/\r?\n$/, '') };
  }
}

async function* frames(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<{ channel: ConsoleLine['stream']; text: string }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let offset = 0;
    while (rest.length - offset >= headerBytes) {
      const size = rest.readUInt32BE(offset + 4);
      if (rest.length - offset < headerBytes + size) break;
      const channel = rest.readUInt8(offset) === 2 ? 'stderr' : 'stdout';
      const begin = offset + headerBytes;
      yield { channel, text: rest.toString('utf8', begin, begin + size) };
      offset = begin + size;
    }
    rest = rest.subarray(offset);
  }
}
