/**
 * Collects the lines of one stream and hands them on in order, as chunks of up to 256 KiB or 200 ms. One chunk is on its
 * way at a time; while the disk or the database is slow lines wait, and beyond 8 MiB they are dropped and counted in place.
 */
import { cleanLine } from '#server/domain/log-line.ts';
import type { LogLine, LogWriter, NewLogLine } from '#server/logs/types.ts';

const chunkBytes = 256 * 1024;
const flushAfterMs = 200;
const waitingLimitBytes = 8 * 1024 * 1024;
const retryAfterMs = 500;

export class ChunkingWriter implements LogWriter {
  readonly #save: (lines: readonly LogLine[]) => Promise<void>;
  #nextSeq: number;
  #waiting: LogLine[] = [];
  #waitingBytes = 0;
  #savingBytes = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  readonly #onFailure: (error: unknown) => void;

  /** @param save stores a chunk durably; a failure is retried for as long as the writer is open, then thrown by `close`. */
  constructor(
    nextSeq: number,
    save: (lines: readonly LogLine[]) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#nextSeq = nextSeq;
    this.#save = save;
    this.#onFailure = onFailure;
  }

  write(line: NewLogLine): void {
    if (this.#waitingBytes + this.#savingBytes > waitingLimitBytes) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#push({
        at: line.at,
        level: 'warn',
        text: `[slipway] dropped ${count} lines: they came faster than they could be kept`,
      });
    }
    this.#push({ ...line, text: cleanLine(line.text) });
    if (this.#waitingBytes >= chunkBytes) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), flushAfterMs);
  }

  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#start();
      await this.#saving;
    }
    await this.#saving;
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  #push(line: NewLogLine): void {
    this.#waiting.push({ seq: this.#nextSeq, ...line });
    this.#nextSeq += 1;
    this.#waitingBytes += line.text.length + 48;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    if (lines.length === 0) return;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#savingBytes += bytes;
    this.#saving = this.#saving
      .then(() => this.#saveUntilKept(lines))
      .then(() => {
        this.#savingBytes -= bytes;
      });
  }

  async #saveUntilKept(lines: readonly LogLine[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#save(lines);
      } catch (error) {
        this.#onFailure(error);
        if (attempt === 5) return; // the lines are lost; the gap in the sequence numbers shows it
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs * attempt));
      }
    }
  }
}
