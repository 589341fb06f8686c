/** Sessions as the gateway opens them: asks the agent, and goes on where the answer says. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { AppError } from '#server/errors.ts';
import type { Invitation, ShellRequest } from '#server/runtime/shell-types.ts';
import { readFirstLine } from '#server/ssh/first-line.ts';
import { decodeExit, encodeFrame, encodeSize, frame, frameHeader, FrameReader, type SessionExit } from '#server/ssh/frames.ts'; // prettier-ignore
import type { GitQuestion } from '#server/ssh/git-wire.ts';
import { sessionAnswer, type SessionQuestion } from '#server/ssh/shell-wire.ts';

const answerMs = 15_000;

/** Asks the agent and answers the connection that is the session. @throws AppError */
export async function openSession(socketPath: string, question: SessionQuestion | GitQuestion): Promise<Socket> {
  const socket = await connected({ path: socketPath });
  try {
    socket.write(`${JSON.stringify(question)}\n`);
    const answer = sessionAnswer.parse(JSON.parse(await readFirstLine(socket, answerMs)));
    if (answer.kind === 'here') return socket;
    socket.destroy();
    if (answer.kind === 'there') return await accepted(answer);
    throw new AppError(answer.code, answer.message);
  } catch (error) {
    socket.destroy();
    throw error instanceof AppError
      ? error
      : new AppError('unavailable', 'The agent does not answer.', { cause: error });
  }
}

async function accepted({ host, port, ticket }: Invitation): Promise<Socket> {
  const socket = await connected({ host, port });
  socket.setNoDelay(true);
  socket.write(`${ticket}\n`);
  const first = await firstByte(socket);
  if (first === 1) return socket;
  socket.destroy();
  throw first === 0
    ? new AppError('conflict', 'Nothing listens on this port.')
    : new AppError('unavailable', 'The instance does not take the session.');
}

/** Null when the other side closed without one. */
function firstByte(socket: Socket): Promise<number | null> {
  return new Promise((resolve) => {
    const settle = (byte: number | null, rest: Buffer | null): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('close', onEnd);
      socket.pause();
      if (rest && rest.length > 0) socket.unshift(rest);
      resolve(byte);
    };
    const onData = (chunk: Buffer): void => settle(chunk[0] ?? null, chunk.subarray(1));
    const onEnd = (): void => settle(null, null);
    const timer = setTimeout(onEnd, answerMs);
    socket.on('data', onData);
    socket.once('end', onEnd);
    socket.once('close', onEnd);
  });
}

function connected(target: { path: string } | { host: string; port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, allowHalfOpen: true });
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(new AppError('unavailable', 'The session cannot be reached.', { cause }));
    };
    socket.setTimeout(answerMs, () => fail(new Error('No answer in time.')));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', fail);
      socket.on('error', () => socket.destroy()); // whoever reads sees the close
      resolve(socket);
    });
  });
}

export interface ShellEvents {
  output(data: Buffer, isError: boolean): void;
  /** Input may flow again. */
  drain(): void;
  /** Once, at the end. `problem` when the session broke. */
  end(exit: SessionExit | null, problem: string | null): void;
}

/** A running shell over its frames. */
export class ShellClient {
  readonly #socket: Socket;
  readonly #events: ShellEvents;
  #isOver = false;

  constructor(socket: Socket, events: ShellEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  static async open(
    socketPath: string,
    pass: string,
    request: ShellRequest,
    events: ShellEvents,
  ): Promise<ShellClient> {
    const wire = { ...request, env: { ...request.env } };
    return new ShellClient(await openSession(socketPath, { kind: 'shell', pass, request: wire }), events);
  }

  /** Begins to read; no event comes before. */
  start(): void {
    const reader = new FrameReader((kind, payload) => this.#onFrame(kind, payload));
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        this.#finish(null, 'The session sent something that is none.');
      }
    });
    this.#socket.on('drain', () => this.#events.drain());
    for (const event of ['end', 'close'] as const)
      this.#socket.once(event, () => this.#finish(null, 'The instance ended the session: it was stopped or replaced.'));
    this.#socket.resume();
  }

  /** False when the other side takes no more for now. */
  write(data: Buffer): boolean {
    if (this.#isOver) return true;
    this.#socket.write(frameHeader(frame.input, data.length));
    return this.#socket.write(data);
  }
  endInput(): void {
    this.#send(encodeFrame(frame.endOfInput));
  }
  resize(size: { cols: number; rows: number }): void {
    this.#send(encodeFrame(frame.resize, encodeSize(size)));
  }
  signal(name: string): void {
    this.#send(encodeFrame(frame.signal, Buffer.from(name.slice(0, 16))));
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  /** Hangs up: the process gets SIGHUP, then SIGKILL. */
  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #send(bytes: Buffer): void {
    if (!this.#isOver) this.#socket.write(bytes);
  }
  #onFrame(kind: number, payload: Buffer): void {
    if (kind === frame.output || kind === frame.errorOutput) this.#events.output(payload, kind === frame.errorOutput);
    else if (kind === frame.exit) this.#finish(decodeExit(payload), null);
    else if (kind === frame.failed) this.#finish(null, payload.toString('utf8').slice(0, 500));
  }
  #finish(exit: SessionExit | null, problem: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#events.end(exit, problem);
  }
}
