/** The lines of one log as they arrive: each once, in order, told of at most ten times a second. */
import type { LogRow } from '#app/ui/log-view.tsx';
import type { LogLineView } from '#server/domain/views/releases.ts';
import type { LogStreamKind } from '#server/domain/words.ts';

export interface ReleaseLogRow extends LogRow {
  kind: LogStreamKind;
}
export interface LogState {
  rows: readonly ReleaseLogRow[];
  /** `loading` until what is there was read; `live` while more may come; `ended` when the release is over and read to its end. */
  phase: 'loading' | 'live' | 'ended';
}

const rowOf = (line: LogLineView): ReleaseLogRow => ({
  key: `${line.streamId}-${String(line.seq)}`,
  at: line.at,
  level: line.level,
  text: line.text,
  kind: line.kind,
  source: line.instance ?? line.component ?? (line.kind === 'platform' ? 'slipway' : line.kind),
  isPlatform: line.kind === 'platform',
});

export class LogBuffer {
  #state: LogState = { rows: [], phase: 'loading' };
  #rows: ReleaseLogRow[] = [];
  /** Highest sequence per stream: a line that comes again after a reconnect is dropped. */
  readonly #seen = new Map<string, number>();
  readonly #readers = new Set<() => void>();
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where the next page begins; kept here so that a reader that starts again does not start over. */
  position: string | undefined;

  constructor(intervalMs = 100) {
    this.#intervalMs = intervalMs;
  }
  readonly read = (): LogState => this.#state;
  readonly subscribe = (reader: () => void): (() => void) => {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  };

  append(lines: readonly LogLineView[]): void {
    for (const line of lines) {
      if (line.seq <= (this.#seen.get(line.streamId) ?? 0)) continue;
      this.#seen.set(line.streamId, line.seq);
      this.#rows.push(rowOf(line));
    }
    this.#timer ??= setTimeout(() => this.#publish(this.#state.phase), this.#intervalMs);
  }
  setPhase(phase: LogState['phase']): void {
    this.#publish(phase);
  }
  #publish(phase: LogState['phase']): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (phase === this.#state.phase && this.#rows.length === this.#state.rows.length) return;
    this.#state = { rows: [...this.#rows], phase };
    for (const reader of this.#readers) reader();
  }
}
