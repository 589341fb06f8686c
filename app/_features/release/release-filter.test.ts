import { describe, expect, test } from 'vitest';
import { tableAddress, withPart } from '#app/_features/release/release-filter.ts';

const read = (search: string) => tableAddress(new URLSearchParams(search));

describe('the address is the state of the table', () => {
  test('nothing said: everything, the newest page', () =>
    expect(read('')).toEqual({ text: '', filter: 'all', pages: 1 }));
  test('text, filter and open pages', () =>
    expect(read('q=anna&show=failed&pages=3')).toEqual({ text: 'anna', filter: 'failed', pages: 3 }));
  test.each(['pages=0', 'pages=-4', 'pages=x', 'show=constructor', 'pages='])('nonsense is the usual: %s', (search) =>
    expect(read(search)).toEqual({ text: '', filter: 'all', pages: 1 }),
  );
  test('a link cannot ask for pages without end', () => expect(read('pages=1e9').pages).toBe(100));
});
test('older keeps the search, and the usual is left out', () => {
  expect(withPart('?q=anna', 'pages', '2')).toBe('?q=anna&pages=2');
  expect(withPart('?q=anna&pages=2', 'q', '')).toBe('?pages=2');
  expect(withPart('?show=failed', 'show', 'all')).toBe('');
});
