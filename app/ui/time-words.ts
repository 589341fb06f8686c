/** Times as people read them. Pure; the exact one always stands behind. */
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** "4 s", "1 m 12 s", "2 h 5 m", "3 d 4 h"; below 10 s with one decimal. */
export function durationWords(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 10 * second) return `${(Math.round(value / 100) / 10).toFixed(1)} s`;
  if (value < minute) return `${Math.round(value / second)} s`;
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((value % big) / small);
    return rest === 0
      ? `${Math.floor(value / big)} ${bigUnit}`
      : `${Math.floor(value / big)} ${bigUnit} ${rest} ${smallUnit}`;
  };
  if (value < hour) return pair(minute, 'min', second, 's');
  if (value < day) return pair(hour, 'h', minute, 'min');
  return pair(day, 'd', hour, 'h');
}

/** "now", "40 s ago", "3 h ago", "in 5 min"; from 30 days on the date. */
export function relativeWords(at: Date, now: Date): string {
  const difference = now.getTime() - at.getTime();
  const distance = Math.abs(difference);
  if (distance < 5 * second) return 'now';
  if (distance >= 30 * day) return dateWords(at);
  const [value, unit] =
    distance < minute
      ? [Math.floor(distance / second), 's']
      : distance < hour
        ? [Math.floor(distance / minute), 'min']
        : distance < day
          ? [Math.floor(distance / hour), 'h']
          : [Math.floor(distance / day), 'd'];
  return difference > 0 ? `${String(value)} ${String(unit)} ago` : `in ${String(value)} ${String(unit)}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');
const dateWords = (at: Date): string => `${at.getUTCDate()} ${months[at.getUTCMonth()] ?? ''} ${at.getUTCFullYear()}`;
/** Exact and the same everywhere: "20 Nov 2026, 14:02:09 UTC". */
export const exactWords = (at: Date): string =>
  `${dateWords(at)}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} UTC`;

/** "612 MiB", "3.1 GiB"; binary units, because limits are in them. */
export function bytesWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : String(Math.round(value))} ${units[unit] ?? 'B'}`;
}

/** "1 change", "2 changes". */
export const countWords = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
