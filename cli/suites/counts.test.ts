import { describe, expect, it } from 'vitest';
import { playwrightCounts, sum, vitestCounts } from './counts.ts';
import { findSuppressions } from './suppressions.mjs';

describe('summing the suites', () => {
  const vitest = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1, testResults: [] };
  it('counts a file that could not be read as a failure', () => {
    expect(vitestCounts(vitest)).toEqual({ passed: 3, failed: 1, skipped: 2 });
    const broken = { ...vitest, testResults: [{ status: 'failed', assertionResults: [] }] };
    expect(vitestCounts(broken).failed).toBe(2);
  });
  it('counts a test that passed only when repeated as a failure', () => {
    const report = { stats: { expected: 5, unexpected: 1, flaky: 2, skipped: 1 }, errors: [{}] };
    expect(playwrightCounts(report)).toEqual({ passed: 5, failed: 4, skipped: 1 });
  });
  it('adds up', () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});

it('finds a comment that silences a tool, with its line', () => {
  expect(findSuppressions('a.ts', `const a = 1;\n// @ts-${'ignore'}\n`)).toEqual([`a.ts:2: @ts-${'ignore'}`]);
  expect(findSuppressions('a.ts', '// a reason\n')).toEqual([]);
});
