/**
 * What travels between the gateway and the end of a session, whoever serves it (the agent by the engine, or the session
 * helper in the instance): frames of one byte kind, four bytes length, payload.
 */
export const frame = {
  /** To the session. */
  input: 1, endOfInput: 2, resize: 3, signal: 4,
  /** From the session. */
  output: 17, errorOutput: 18, exit: 19, failed: 20,
} as const; // prettier-ignore

const headerBytes = 5;
/** Longest payload that is taken; senders stay far below. */
export const longestFrame = 1024 * 1024;

/** Header and payload apart, so that large payloads are not copied. */
export function frameHeader(kind: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header[0] = kind;
  header.writeUInt32BE(length, 1);
  return header;
}
export const encodeFrame = (kind: number, payload: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([frameHeader(kind, payload.length), payload]);

export function encodeSize({ cols, rows }: { cols: number; rows: number }): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt16BE(cols & 0xffff, 0);
  payload.writeUInt16BE(rows & 0xffff, 2);
  return payload;
}

/** How a session's process ended: a code, or the name of a signal without SIG. */
export interface SessionExit {
  code: number | null;
  signal: string | null;
}
export function encodeExit({ code, signal }: SessionExit): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(code ?? -1, 0);
  return Buffer.concat([head, Buffer.from(signal ?? '')]);
}
export function decodeExit(payload: Buffer): SessionExit {
  const code = payload.length >= 4 ? payload.readInt32BE(0) : -1;
  const signal = payload.subarray(4, 36).toString('latin1').replace(/[^A-Z0-9+]/g, ''); // prettier-ignore
  return signal === '' ? { code: Math.max(code, 0), signal: null } : { code: null, signal };
}

/**
 * Cuts a stream of bytes into frames. Payloads of output are passed on in the pieces in which they come, without a copy;
 * others whole.
 * @throws Error for a frame that is longer than any sender makes.
 */
export class FrameReader {
  readonly #onFrame: (kind: number, payload: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);
  #kind = 0;
  #left = 0;

  constructor(onFrame: (kind: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = Buffer.alloc(0);
    for (;;) {
      if (this.#left > 0) {
        const isStream = isStreamed(this.#kind);
        if (rest.length === 0 || (!isStream && rest.length < this.#left)) break;
        const payload = rest.subarray(0, this.#left);
        rest = rest.subarray(payload.length);
        this.#left -= payload.length;
        this.#onFrame(this.#kind, payload);
        continue;
      }
      if (rest.length < headerBytes) break;
      this.#kind = rest[0] ?? 0;
      const length = rest.readUInt32BE(1);
      if (length > longestFrame) throw new Error('A frame is too long.');
      rest = rest.subarray(headerBytes);
      if (length === 0) this.#onFrame(this.#kind, Buffer.alloc(0));
      else this.#left = length;
    }
    this.#pending = rest;
  }
}

const isStreamed = (kind: number): boolean =>
  kind === frame.input || kind === frame.output || kind === frame.errorOutput;
