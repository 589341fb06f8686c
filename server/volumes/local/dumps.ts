/** Dumps as files of this machine, through the engine's exec: no password and no network are needed inside the instance. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Duplex, type Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import * as z from 'zod';
import { AppError, notFound } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { createExec, runningContainer } from '#server/runtime/docker/exec-shells.ts';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import { room } from '#server/volumes/local/image.ts';
import type { DumpDriver, RefusedDump, TakenDump } from '#server/volumes/dump-types.ts';

const program = '/usr/local/bin/database';
/** A dump never takes the last of the disk. */
const keptFreeBytes = 1024 ** 3;
const messageBytes = 4000;
const execSchema = z.object({ Running: z.boolean(), ExitCode: z.number().nullable(), Pid: z.number() });

export class LocalDumps implements DumpDriver {
  readonly #folder: string;
  readonly #engine: Engine;
  readonly #containers: Containers;

  constructor(stateDir: string, engine: Engine, containers: Containers) {
    this.#folder = path.join(stateDir, 'dumps');
    this.#engine = engine;
    this.#containers = containers;
  }

  async take(dumpId: string, instanceId: string, signal: AbortSignal): Promise<TakenDump | RefusedDump> {
    const file = this.#file(dumpId);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const limit = (await room(this.#folder)) - keptFreeBytes;
    const part = `${file}.part`;
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(sizeBytes > limit ? new DiskFull() : null, chunk);
      },
    });
    try {
      const refused = await this.#exec(instanceId, 'dump', signal, (attached, output) => {
        attached.end();
        return pipeline(output, createZstdCompress(), measure, createWriteStream(part, { mode: 0o600 }));
      });
      if (refused) return refused;
      await sync(part);
      await rename(part, file);
      return { kind: 'taken', sizeBytes, checksum: hash.digest('hex') };
    } catch (error) {
      if (error instanceof DiskFull)
        return { kind: 'refused', message: 'The disk of this machine has no room for it.' };
      throw error;
    } finally {
      await rm(part, { force: true });
    }
  }

  async play(
    dump: { id: string; checksum: string },
    instanceId: string,
    signal: AbortSignal,
  ): Promise<{ kind: 'played' } | RefusedDump> {
    const file = this.#file(dump.id);
    if ((await checksumOf(file, signal)) !== dump.checksum) throw notFound();
    const refused = await this.#exec(instanceId, 'restore', signal, async (attached, output) => {
      output.resume();
      // A program that ends early closes its input: its exit code says why.
      await pipeline(createReadStream(file), createZstdDecompress(), attached).catch((error: unknown) => {
        if (signal.aborted) throw error;
      });
    });
    return refused ?? { kind: 'played' };
  }

  async remove(dumpId: string): Promise<void> {
    await rm(this.#file(dumpId), { force: true });
  }

  /** What a killed agent left. */
  async clearUnfinished(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => []))
      if (name.endsWith('.part')) await rm(path.join(this.#folder, name), { force: true });
  }

  #file(dumpId: string): string {
    if (!/^dat_[a-z0-9]{26}$/.test(dumpId)) throw new AppError('bad_input', 'This is not the id of a dump.');
    return path.join(this.#folder, dumpId);
  }

  /** Null when the program ended well. */
  async #exec(
    instanceId: string,
    verb: 'dump' | 'restore',
    signal: AbortSignal,
    use: (attached: Duplex, output: Readable) => Promise<void>,
  ): Promise<RefusedDump | null> {
    await runningContainer(this.#containers, instanceId, signal);
    const body = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: [program, verb] };
    const id = await createExec(this.#engine, instanceId, body, signal);
    const attached = await this.#engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: false }, signal);
    if (!attached) throw notFound();
    const onAbort = (): void => void attached.destroy(new AppError('aborted', 'Cancelled.'));
    signal.addEventListener('abort', onAbort, { once: true });
    const said = new Tail();
    try {
      const output = new PassThrough();
      await Promise.all([pipeline(attached, new Split(said), output), use(attached, output)]);
      const code = await this.#exitCode(id, signal);
      return code === 0
        ? null
        : { kind: 'refused', message: said.lastLine() || `It ended with exit code ${String(code)}.` };
    } catch (error) {
      await this.#kill(id);
      if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: error });
      if (error instanceof AppError || error instanceof DiskFull) throw error;
      throw new AppError('unavailable', 'The connection with the database broke.', { cause: error });
    } finally {
      signal.removeEventListener('abort', onAbort);
      attached.destroy();
    }
  }

  /** The stream ends a moment before the engine knows the exit code. */
  async #exitCode(id: string, signal: AbortSignal): Promise<number | null> {
    for (let round = 0; round < 100; round += 1) {
      const state = await this.#engine.json(execSchema, { method: 'GET', path: `/exec/${id}/json`, signal });
      if (!state?.Running) return state?.ExitCode ?? null;
      await delay(Math.min(5 + round * 5, 100));
    }
    return null;
  }

  /** The engine leaves a process running when its caller goes. */
  async #kill(id: string): Promise<void> {
    const request = { method: 'GET', path: `/exec/${id}/json`, signal: AbortSignal.timeout(5000) } as const;
    const state = await this.#engine.json(execSchema, request).catch(() => null);
    if (!state?.Running || state.Pid <= 1) return;
    try {
      process.kill(state.Pid, 'SIGTERM');
    } catch {
      // it has ended
    }
  }
}

class DiskFull extends Error {}

/** The engine's stream without a terminal: eight bytes of header before each part. stderr goes to the tail. */
class Split extends Transform {
  #rest: Buffer = Buffer.alloc(0);
  readonly #errors: Tail;
  constructor(errors: Tail) {
    super();
    this.#errors = errors;
  }
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (rest.length < 8 + length) break;
      const part = rest.subarray(8, 8 + length);
      if (rest[0] === 2) this.#errors.write(part);
      else this.push(part);
      rest = rest.subarray(8 + length);
    }
    this.#rest = Buffer.from(rest);
    done();
  }
}

/** The end of what was written to it. */
class Tail extends Writable {
  #text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-messageBytes);
    done();
  }
  lastLine(): string {
    return this.#text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checksumOf(file: string, signal: AbortSignal): Promise<string | null> {
  if (!(await stat(file).catch(() => null))) return null;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}
