import { expect, test } from 'vitest';
import { advance, formatPositions, mergeLines, parsePositions } from '#server/logs/merge.ts';

const id = (letter: string): string => `log_${letter.repeat(26)}`;
const line = (seq: number, second: number) => ({ seq, at: new Date(second * 1000).toISOString(), level: 'info' as const, text: '' }); // prettier-ignore

test('lines merge by time; a stream whose clock went back keeps its own order', () => {
  const merged = mergeLines([
    { streamId: 'a', lines: [line(1, 1), line(2, 5), line(3, 4)] },
    { streamId: 'b', lines: [line(1, 2), line(2, 4), line(3, 6)] },
  ]);
  expect(merged.map((one) => `${one.streamId}${one.seq}`)).toEqual(['a1', 'b1', 'b2', 'a2', 'a3', 'b3']);
});

test('positions survive being written and read, and are never empty text', () => {
  const positions = advance(new Map([[id('a'), 1]]), mergeLines([{ streamId: id('b'), lines: [line(7, 1)] }]));
  expect(parsePositions(formatPositions(positions))).toEqual(positions);
  expect(formatPositions(new Map())).toBe('-');
  expect(parsePositions('-')).toEqual(new Map());
  expect(parsePositions('')).toEqual(new Map());
});

test.each(['x', `${id('a')}:`, `${id('a')}:-1`, `${id('a')}:1,`, `log_short:1`, `${id('a')}:9999999999999999`])('%s is no position', (text) => {
  expect(parsePositions(text)).toBeNull();
}); // prettier-ignore
