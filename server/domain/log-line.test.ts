import { expect, test } from 'vitest';
import { cleanLine, guessLevel } from '#server/domain/log-line.ts';

test.each([
  ['plain text stays', 'hello\tworld', 'hello\tworld'],
  ['SGR colours stay', '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m'],
  ['cursor movements go', 'a\u001b[2Jb\u001b[10;10Hc', 'abc'],
  ['window titles and links go', 'x\u001b]0;title\u0007y\u001b]8;;http://evil\u001b\\z', 'xyz'],
  ['a lone escape at the end goes', 'x\u001b', 'x'],
  ['what a carriage return overwrote is gone', '10 %\r50 %\r100 %\r', '100 %'],
  ['control and bidi characters are shown as replacement', 'a\u0000b\u202ec', 'a\ufffdb\ufffdc'],
])('%s', (_name, raw, kept) => {
  expect(cleanLine(raw)).toBe(kept);
});

test('a line over 16 KiB is cut with a mark', () => {
  expect(cleanLine('a'.repeat(20_000))).toBe(`${'a'.repeat(16_384)} … cut at 16 KiB`);
});

test('words decide the level, not the stream', () => {
  expect(guessLevel('npm warn deprecated')).toBe('info');
  expect(guessLevel('TypeError: x is not a function')).toBe('info');
  expect(guessLevel('Error: listen EADDRINUSE')).toBe('error');
});
