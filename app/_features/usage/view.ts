/** Usage in words and as a file. Pure. */
import type { UsageRow, UsageView } from '#server/domain/views/usage.ts';

/** "0", "0.04", "12.3", "1,204": three significant digits are enough to compare. */
export function amountWords(value: number): string {
  if (value <= 0) return '0';
  if (value < 0.01) return '<0.01';
  const digits = value < 1 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']; // prettier-ignore
/** "November 2026". */
export const monthWords = (month: string): string =>
  `${monthNames[Number(month.slice(5)) - 1] ?? month} ${month.slice(0, 4)}`;

export const totalOf = (rows: readonly UsageRow[]) => ({
  cpuHours: rows.reduce((sum, row) => sum + row.cpuHours, 0),
  memoryGibHours: rows.reduce((sum, row) => sum + row.memoryGibHours, 0),
  buildMinutes: rows.reduce((sum, row) => sum + row.buildMinutes, 0),
  running: rows.reduce((sum, row) => sum + row.running, 0),
});

/** A name that begins like a formula is one in a spreadsheet, so it gets a quote before it. */
function cell(value: string | number): string {
  if (typeof value === 'number') return value.toFixed(4);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line per deployment, for spreadsheets. */
export function usageCsv(usage: UsageView): string {
  const head = ['month', 'project', 'deployment', 'deployment id', 'deleted', 'cpu hours', 'memory gib hours', 'build minutes']; // prettier-ignore
  const lines = usage.rows.map((row) =>
    [
      usage.month, row.projectName, row.deploymentName, row.deploymentId, row.path === null ? 'yes' : 'no',
      row.cpuHours, row.memoryGibHours, row.buildMinutes,
    ].map(cell).join(','),
  ); // prettier-ignore
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}
