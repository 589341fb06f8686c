import { expect, test } from 'vitest';
import { plainText, sgrSpans } from '#app/ui/sgr.ts';

const esc = '\u001b';

test('text without colours is one span', () => expect(sgrSpans('plain')).toEqual([{ text: 'plain', className: '' }]));
test('colours and weight last until they are reset', () =>
  expect(sgrSpans(`a ${esc}[1;31mbad${esc}[0m b`)).toEqual([
    { text: 'a ', className: '' },
    { text: 'bad', className: 'text-red-text font-semibold' },
    { text: ' b', className: '' },
  ]));
test('256-colour and RGB codes take their arguments with them', () =>
  expect(sgrSpans(`${esc}[38;5;196mx${esc}[38;2;1;31;33my`)).toEqual([
    { text: 'x', className: '' },
    { text: 'y', className: '' },
  ]));
test('searching sees the words alone', () => expect(plainText(`${esc}[32mok${esc}[39m done`)).toBe('ok done'));
test('an unfinished sequence stays text', () =>
  expect(sgrSpans(`${esc}[31`)).toEqual([{ text: `${esc}[31`, className: '' }]));
