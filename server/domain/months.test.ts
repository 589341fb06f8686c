import { expect, test } from 'vitest';
import { monthOf, monthPeriod, monthsUntil } from '#server/domain/months.ts';

const now = new Date('2026-11-20T19:00:00Z');

test('a month begins and ends in UTC, and the present one ends now', () => {
  expect(monthOf(now)).toBe('2026-11');
  expect(monthPeriod('2026-11', now)).toEqual({ from: new Date('2026-11-01T00:00:00Z'), to: now });
  expect(monthPeriod('2025-12', now)).toEqual({ from: new Date('2025-12-01T00:00:00Z'), to: new Date('2026-01-01T00:00:00Z') }); // prettier-ignore
});

test('what is no month, or one to come, is none', () => {
  for (const text of ['2026-13', '2026-1', 'x', '', '2026-12', '2026-11-01']) expect(monthPeriod(text, now)).toBeNull();
});

test('months are counted back over the turn of a year', () =>
  expect(monthsUntil(new Date('2026-01-31T00:00:00Z'), 3)).toEqual(['2026-01', '2025-12', '2025-11']));
