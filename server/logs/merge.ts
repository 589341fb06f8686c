/** One log from several streams: by time, and by sequence within a stream. Positions name the last line of each stream. Pure. */
import type { LogLine } from '#server/logs/types.ts';

/** Stream id → sequence number. */
export type Positions = ReadonlyMap<string, number>;

/** Never empty, because an event's id may not be: `-` stands for the beginning. */
export const formatPositions = (positions: Positions): string =>
  positions.size === 0 ? '-' : [...positions].map(([id, seq]) => `${id}:${seq}`).join(',');

/** Null when the text is no position. */
export function parsePositions(text: string): Map<string, number> | null {
  const positions = new Map<string, number>();
  for (const part of text === '' || text === '-' ? [] : text.split(',')) {
    const [, id = '', seq = ''] = /^(log_[a-z0-9]{26}):(\d{1,15})$/.exec(part) ?? [];
    if (id === '') return null;
    positions.set(id, Number(seq));
  }
  return positions;
}

export interface StreamLines {
  streamId: string;
  lines: readonly LogLine[];
}
export interface MergedLine extends LogLine {
  streamId: string;
}
/** Merges without changing the order inside of a stream, whatever its times say. */
export function mergeLines(streams: readonly StreamLines[]): MergedLine[] {
  const heads = streams.map((stream) => ({ ...stream, next: 0 }));
  const merged: MergedLine[] = [];
  for (;;) {
    let first: (typeof heads)[number] | null = null;
    for (const head of heads) {
      const line = head.lines[head.next];
      const best = first?.lines[first.next];
      if (line && (!best || line.at < best.at)) first = head;
    }
    const line = first?.lines[first.next];
    if (!first || !line) return merged;
    merged.push({ ...line, streamId: first.streamId });
    first.next += 1;
  }
}

/** The positions after these lines were read. */
export function advance(positions: Positions, lines: readonly MergedLine[]): Map<string, number> {
  const moved = new Map(positions);
  for (const line of lines) moved.set(line.streamId, line.seq);
  return moved;
}
/** The first line of each stream among these; streams without a line keep their old position. */
export function firstOf(positions: Positions, lines: readonly MergedLine[]): Map<string, number> {
  const first = new Map(positions);
  for (const line of lines.toReversed()) first.set(line.streamId, line.seq);
  return first;
}
