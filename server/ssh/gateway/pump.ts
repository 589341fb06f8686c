/** Writes to a channel, one part at a time: stdout and stderr share the client's window, and ssh2 can keep only one that waits. */
import type { Connection, ServerChannel } from 'ssh2';
import { forgetWaited, unsentBytes, whenSent } from '#server/ssh/gateway/ssh2-parts.ts';

interface Part {
  data: Buffer;
  isError: boolean;
}
const enoughBytes = 512 * 1024;

export class Pump {
  readonly #connection: Connection;
  readonly #channel: ServerChannel;
  readonly #limit: number;
  readonly #onRoom: () => void;
  #queue: Part[] = [];
  #queued = 0;
  #isWriting = false;
  #whenEmpty: (() => void) | null = null;

  /** @param onRoom called when there is room again after `push` said that there is not. */
  constructor(connection: Connection, channel: ServerChannel, limit: number, onRoom: () => void) {
    this.#connection = connection;
    this.#channel = channel;
    this.#limit = limit;
    this.#onRoom = onRoom;
  }

  /** False when no more should come until there is room. */
  push(data: Buffer, isError: boolean): boolean {
    this.#queue.push({ data, isError });
    this.#queued += data.length;
    this.#next();
    return this.#queued < enoughBytes;
  }

  /** Calls back when all of it was handed to the connection. */
  whenEmpty(done: () => void): void {
    this.#whenEmpty = done;
    this.#next();
  }

  #next(): void {
    if (this.#isWriting) return;
    const part = this.#queue.shift();
    if (!part) {
      const done = this.#whenEmpty;
      this.#whenEmpty = null;
      done?.();
      return;
    }
    this.#isWriting = true;
    const stream = part.isError ? this.#channel.stderr : this.#channel;
    stream.write(part.data, () => this.#written(part));
  }

  #written({ data }: Part): void {
    forgetWaited(this.#channel);
    const before = this.#queued;
    this.#queued -= data.length;
    const goOn = (): void => {
      this.#isWriting = false;
      if (before >= enoughBytes && this.#queued < enoughBytes) this.#onRoom();
      this.#next();
    };
    if (unsentBytes(this.#connection) > this.#limit) whenSent(this.#connection, goOn);
    else goOn();
  }
}
