import { expect, test } from 'vitest';
import { amountWords, monthWords, totalOf, usageCsv } from '#app/_features/usage/view.ts';
import { planLimits } from '#server/domain/plans.ts';
import type { UsageRow } from '#server/domain/views/usage.ts';

const row = (deploymentName: string, cpuHours: number): UsageRow => ({
  deploymentId: 'dep_1', projectName: 'Shop', deploymentName, path: null, cpuHours, memoryGibHours: 2 * cpuHours, buildMinutes: 3, running: 1,
}); // prettier-ignore

test('amounts have as many digits as compare well', () =>
  expect([0, 0.001, 0.046, 1.26, 99.94, 1204.4].map(amountWords)).toEqual([
    '0',
    '<0.01',
    '0.05',
    '1.3',
    '99.9',
    '1,204',
  ]));

test('a month is named', () => expect(monthWords('2026-11')).toBe('November 2026'));

test('rows are added up', () =>
  expect(totalOf([row('a', 1), row('b', 2)])).toEqual({ cpuHours: 3, memoryGibHours: 6, buildMinutes: 6, running: 2 }));

test('a name is never a formula or a second cell in the file', () => {
  const now = new Date(0);
  const reserved = { instances: 0, memoryMib: 0, deployments: 0 };
  const rows = [row('=HYPERLINK("x")', 1), row('a, "b"', 0.5)];
  const csv = usageCsv({ month: '2026-11', from: now, to: now, plan: 'free', limits: planLimits.free, reserved, rows });
  expect(csv.split('\r\n').slice(1)).toEqual([
    `2026-11,Shop,"'=HYPERLINK(""x"")",dep_1,yes,1.0000,2.0000,3.0000`,
    '2026-11,Shop,"a, ""b""",dep_1,yes,0.5000,1.0000,3.0000',
    '',
  ]);
});
