/**
 * Sessions by the engine's own exec: for instances without our helper. The engine leaves a process running when its
 * client goes, so the process group is ended from here.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { AppError, notFound } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { containerPath } from '#server/runtime/docker/inspect.ts';
import type { Container, Containers } from '#server/runtime/docker/inspect.ts';
import { label } from '#server/runtime/docker/labels.ts';
import type { ShellRequest } from '#server/runtime/shell-types.ts';
import { encodeExit, encodeFrame, frame, frameHeader, FrameReader } from '#server/ssh/frames.ts';

/** Constant text, run inside the container: the best shell that the image has. */
const findShell = 'for shell in /bin/bash /bin/ash /bin/sh; do [ -x "$shell" ] && exec "$shell" -l; done; exec sh';
const findSftpServer =
  'for server in /usr/lib/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/sftp-server; do [ -x "$server" ] && exec "$server"; done; ' +
  'echo "This image has no file server, so sftp and scp do not work here." >&2; exit 127';

export function argvOf({ run }: ShellRequest): string[] {
  if (run.kind === 'command') return ['/bin/sh', '-c', run.text];
  return ['/bin/sh', '-c', run.kind === 'shell' ? findShell : findSftpServer];
}

const createdSchema = z.object({ Id: z.string() });
const execSchema = z.object({ Running: z.boolean(), ExitCode: z.number().nullable(), Pid: z.number() });
type ExecState = z.output<typeof execSchema>;

/** @throws AppError not_found, conflict when it does not run */
export async function runningContainer(
  containers: Containers,
  instanceId: string,
  signal: AbortSignal,
): Promise<Container> {
  const container = await containers.find(instanceId, signal);
  if (!container) throw notFound();
  if (container.State.Pid === 0) throw new AppError('conflict', 'The instance does not run.');
  return container;
}

export async function createExec(
  engine: Engine,
  instanceId: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<string> {
  const path = `${containerPath(instanceId)}/exec`;
  const created = await engine.json(createdSchema, { method: 'POST', path, body, signal });
  if (!created) throw notFound();
  return created.Id;
}

/** Runs the request by the engine's exec and speaks frames on the connection. */
export async function serveByExec(
  engine: Engine,
  instanceId: string,
  request: ShellRequest,
  accept: () => Duplex,
  signal: AbortSignal,
): Promise<void> {
  const isTty = request.tty !== null;
  const env = Object.entries({ ...request.env, ...(request.tty ? { TERM: request.tty.term } : {}) });
  const id = await createExec(
    engine,
    instanceId,
    {
      AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: isTty, Cmd: argvOf(request), Env: env.map(([key, value]) => `${key}=${value}`),
    },
    signal,
  ); // prettier-ignore
  const attached = await engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: isTty }, signal);
  if (!attached) throw notFound();
  const session = new ExecSession(engine, id, attached, accept(), isTty);
  if (request.tty) session.resize(request.tty.cols, request.tty.rows);
  session.run();
}

class ExecSession {
  readonly #engine: Engine;
  readonly #id: string;
  readonly #attached: Duplex;
  readonly #connection: Duplex;
  readonly #isTty: boolean;
  readonly #signal = new AbortController();
  #pending = Buffer.alloc(0);
  #isOver = false;

  constructor(engine: Engine, id: string, attached: Duplex, connection: Duplex, isTty: boolean) {
    this.#engine = engine;
    this.#id = id;
    this.#attached = attached;
    this.#connection = connection;
    this.#isTty = isTty;
  }

  run(): void {
    const [attached, connection] = [this.#attached, this.#connection];
    const reader = new FrameReader((kind, payload) => this.#onFrame(kind, payload));
    connection.on('data', (chunk: Buffer) => reader.push(chunk));
    attached.on('drain', () => connection.resume());
    connection.on('drain', () => attached.resume());
    attached.on('data', (chunk: Buffer) => this.#onOutput(chunk));
    attached.once('end', () => void this.#finish());
    attached.once('close', () => void this.#finish());
    for (const event of ['end', 'close', 'error'] as const) connection.once(event, () => void this.#abandon());
    connection.resume(); // it was paused after its first line
  }

  resize(cols: number, rows: number): void {
    const query = { w: String(cols), h: String(rows) };
    const { signal } = this.#signal;
    this.#engine.act({ method: 'POST', path: `/exec/${this.#id}/resize`, query, signal }).catch(() => undefined); // it has ended
  }

  /** A terminal is told by its own sign: closing it would end the shell before it read what came before. */
  #endInput(): void {
    if (this.#isTty) this.#attached.write(Buffer.from([4]));
    else this.#attached.end();
  }

  #onFrame(kind: number, payload: Buffer): void {
    if (kind === frame.input && payload.length > 0) {
      if (!this.#attached.write(payload)) this.#connection.pause();
    } else if (kind === frame.endOfInput) this.#endInput();
    else if (kind === frame.resize && payload.length >= 4)
      this.resize(payload.readUInt16BE(0), payload.readUInt16BE(2));
    else if (kind === frame.signal) void this.#kill(signalOf(payload.toString('latin1')));
  }

  /** Without a terminal the engine's stream has a header of eight bytes before each part. */
  #onOutput(chunk: Buffer): void {
    if (this.#isTty) return this.#send(frame.output, chunk);
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (rest.length < 8 + length) break;
      this.#send(rest[0] === 2 ? frame.errorOutput : frame.output, rest.subarray(8, 8 + length));
      rest = rest.subarray(8 + length);
    }
    this.#pending = Buffer.from(rest);
  }

  #send(kind: number, payload: Buffer): void {
    this.#connection.write(frameHeader(kind, payload.length));
    if (!this.#connection.write(payload)) this.#attached.pause();
  }

  async #finish(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const state = await this.#ended().catch(() => null);
    this.#connection.end(
      state
        ? encodeFrame(frame.exit, encodeExit({ code: state.ExitCode ?? 255, signal: null }))
        : encodeFrame(frame.failed, Buffer.from('The container engine ended the session.')),
    );
  }

  /** The stream ends a moment before the engine knows the exit code. */
  async #ended(): Promise<ExecState | null> {
    for (let round = 0; round < 100; round += 1) {
      const state = await this.#state();
      if (!state?.Running) return state;
      await delay(Math.min(5 + round * 5, 100));
    }
    return null;
  }

  async #abandon(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#kill('SIGHUP');
    this.#attached.destroy();
    await delay(2000);
    await this.#kill('SIGKILL');
    this.#signal.abort();
  }

  /** To the process group that the session leads. The engine tells its number on this machine. */
  async #kill(name: NodeJS.Signals | null): Promise<void> {
    const state = await this.#state().catch(() => null);
    if (name === null || !state?.Running || state.Pid <= 1) return;
    try {
      process.kill(-state.Pid, name);
    } catch {
      // it has ended
    }
  }

  #state(): Promise<ExecState | null> {
    return this.#engine.json(execSchema, {
      method: 'GET',
      path: `/exec/${this.#id}/json`,
      signal: this.#signal.signal,
    });
  }
}

const signals = ['ABRT', 'ALRM', 'FPE', 'HUP', 'ILL', 'INT', 'KILL', 'PIPE', 'QUIT', 'SEGV', 'TERM', 'USR1', 'USR2'] as const; // prettier-ignore
/** Of the names that SSH has; null for another one. */
function signalOf(name: string): NodeJS.Signals | null {
  const known = signals.find((signal) => signal === name);
  return known ? `SIG${known}` : null;
}

/** Joins the connection with a port at the instance's own address. */
export async function serveDialByAddress(container: Container, port: number, accept: () => Duplex): Promise<void> {
  const host = container.Config.Labels[label.address] ?? '';
  const upstream = connect({ host, port, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    upstream.once('connect', resolve);
    upstream.once('error', (cause) => reject(new AppError('conflict', 'Nothing listens on this port.', { cause })));
    upstream.setTimeout(5000, () => upstream.destroy(new Error('No answer in time.')));
  });
  upstream.setTimeout(0);
  const connection = accept();
  upstream.on('error', () => connection.destroy());
  connection.on('error', () => upstream.destroy());
  connection.once('close', () => upstream.destroy());
  connection.pipe(upstream);
  upstream.pipe(connection);
}
