/**
 * Port: LogStore. Lines of a stream in order, in chunks on disk with an index in PostgreSQL. A line's sequence number is
 * unique and gapless in its stream; readers resume by it. A platform line carries a kind that an application cannot forge.
 */
import type { LogLevel, LogStreamKind } from '#server/domain/words.ts';

export interface LogLine {
  seq: number;
  /** ISO time with milliseconds. */
  at: string;
  level: LogLevel;
  text: string;
}
export type NewLogLine = Omit<LogLine, 'seq'>;
export interface LogStreamRef {
  id: string;
  orgId: string;
  deploymentId: string;
  releaseId: string | null;
  componentId: string | null;
  instanceId: string | null;
  kind: LogStreamKind;
}

/** Writes one stream; made by `LogStore.open`. Bounded: when the disk is slow `write` drops lines and leaves a "dropped N lines" mark. */
export interface LogWriter {
  write(line: NewLogLine): void;
  /** Resolves when everything written so far is on disk and in the index. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
export interface LogStore {
  /** The writer of the stream of that description; finds the stream's row or makes it, and goes on after its last line. */
  open(stream: Omit<LogStreamRef, 'id'>): Promise<LogWriter & { readonly streamId: string }>;
  /** Lines with `seq > after`, at most `limit`, in order. */
  read(orgId: string, streamId: string, after: number, limit: number): Promise<LogLine[]>;
  /** The last `count` lines. */
  tail(orgId: string, streamId: string, count: number): Promise<LogLine[]>;
  /** Deletes the files and rows of a stream. */
  remove(orgId: string, streamId: string): Promise<void>;
}
