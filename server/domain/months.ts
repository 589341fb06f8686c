/** Months in UTC, as usage is added up by. Pure. */
const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11`. */
export const monthOf = (at: Date): string => `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}`;

/** From its first moment to its end, or to `now` while it lasts; null for what is no month, or one to come. */
export function monthPeriod(month: string, now: Date): { from: Date; to: Date } | null {
  const [, year = '', number = ''] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === '') return null;
  const from = new Date(Date.UTC(Number(year), Number(number) - 1, 1));
  const end = new Date(Date.UTC(Number(year), Number(number), 1));
  if (from > now) return null;
  return { from, to: end < now ? end : now };
}

/** The month and those before it, newest first. */
export const monthsUntil = (last: Date, count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    monthOf(new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - index, 1))),
  );
