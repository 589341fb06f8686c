import { describe, expect, test } from 'vitest';
import { type ReadinessObservation, readinessOf, type ReadinessRules } from '#server/domain/readiness.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import { admit } from '#server/domain/admission.ts';

const rules: ReadinessRules = {
  componentId: 'cmp_1', componentName: 'web', kind: 'web', port: 3000, readiness: mergeSettings({}).readiness, memoryMib: 512,
  settleMs: 5000, elapsedMs: 10_000, deadlineMs: 60_000,
}; // prettier-ignore
const seen: ReadinessObservation = {
  phase: 'running', exitCode: null, outOfMemory: false, accepts: false, http: null, listening: null, exits: 0, aliveMs: 1000,
}; // prettier-ignore
const verdict = (over: Partial<ReadinessObservation>, ruled: Partial<ReadinessRules> = {}) =>
  readinessOf({ ...rules, ...ruled }, { ...seen, ...over });
const late = { elapsedMs: 60_000 };
const withCheck = mergeSettings({ readiness: { http: { path: '/up', status: 204 } } }).readiness;

describe('ready', () => {
  test('when the port accepts', () => expect(verdict({ accepts: true })).toEqual({ kind: 'ready' }));
  test('without a port, after the settle time', () => {
    expect(verdict({ accepts: null, aliveMs: 4999 }, { port: null })).toEqual({ kind: 'wait' });
    expect(verdict({ accepts: null, aliveMs: 5000 }, { port: null })).toEqual({ kind: 'ready' });
  });
  test('with a check, only after three right answers in a row that last for the settle time', () => {
    const http = (rightInARow: number, rightForMs: number) => ({
      accepts: true,
      http: { rightInARow, rightForMs, lastStatus: 204 },
    });
    expect(verdict(http(2, 9000), { readiness: withCheck })).toEqual({ kind: 'wait' });
    expect(verdict(http(30, 4999), { readiness: withCheck })).toEqual({ kind: 'wait' });
    expect(verdict(http(3, 5000), { readiness: withCheck })).toEqual({ kind: 'ready' });
    expect(verdict(http(30, 4999), { readiness: withCheck, ...late })).toMatchObject({
      code: 'health_check',
      fix: { path: 'readiness.settleSeconds' },
    });
  });
  test('never for what does not run, whatever was seen of it', () => {
    expect(verdict({ phase: 'created', accepts: true }).kind).toBe('wait');
    expect(verdict({ phase: 'exited', accepts: true, exitCode: 0, exits: 3 })).toMatchObject({
      kind: 'failed',
      code: 'exited',
    });
  });
});

describe('a crash', () => {
  const crash = (exits: number) => ({ phase: 'exited', exitCode: 1, exits }) as const;
  test('is started again twice, and fails the third time', () => {
    expect(verdict(crash(1))).toEqual({ kind: 'again', message: 'web ended with exit code 1 before it was ready: exit 1 of 3' });
    expect(verdict(crash(2)).kind).toBe('again');
    expect(verdict(crash(3))).toMatchObject({ code: 'exited', message: 'web ended with exit code 1 before it was ready, 3 times.' });
  }); // prettier-ignore
  test('fails at once after the deadline, for want of memory, and when there is nothing to start', () => {
    expect(verdict(crash(1), late).kind).toBe('failed');
    expect(verdict({ ...crash(1), outOfMemory: true })).toMatchObject({ code: 'out_of_memory' });
    expect(verdict({ ...crash(1), exitCode: 127 })).toMatchObject({ code: 'command_missing' });
  });
});

describe('failed', () => {
  test.each([
    ['exited', { phase: 'exited', exitCode: 1, exits: 3 }, {}],
    ['exited', { phase: 'missing' }, {}],
    ['command_missing', { phase: 'exited', exitCode: 127 }, {}],
    ['out_of_memory', { phase: 'exited', exitCode: 137, outOfMemory: true }, {}],
    ['boot_timeout', { listening: [] }, late],
    ['wrong_port', { listening: [{ port: 8080, loopbackOnly: false }] }, late],
    ['loopback_only', { listening: [{ port: 3000, loopbackOnly: true }] }, late],
    ['boot_timeout', { listening: [{ port: 8080, loopbackOnly: true }] }, late],
    ['boot_timeout', { listening: [{ port: 3000, loopbackOnly: false }] }, late],
    [
      'health_check',
      { accepts: true, http: { rightInARow: 0, rightForMs: 0, lastStatus: 500 } },
      { ...late, readiness: withCheck },
    ],
    ['boot_timeout', { accepts: null }, { ...late, port: null }],
  ] satisfies [string, Partial<ReadinessObservation>, Partial<ReadinessRules>][])(
    'as %s for %o',
    (code, over, ruled) => {
      expect(verdict(over, ruled)).toMatchObject({ kind: 'failed', code });
    },
  );
  test('never for a port before its deadline', () => {
    expect(verdict({ listening: [{ port: 8080, loopbackOnly: false }] })).toEqual({ kind: 'wait' });
  });
  test('with the port that it listens on, to be used at once', () => {
    const failure = verdict({ listening: [{ port: 8080, loopbackOnly: false }] }, late);
    expect(failure).toMatchObject({
      message: 'web did not listen on 3000; it listens on 8080.',
      fix: { path: 'run.port', suggestion: { label: 'Use 8080', value: 8080 } },
    });
  });
});

describe('admission', () => {
  test('lets in what fits beside what others were promised', () => {
    expect(admit({ freeMib: 1024, promisedMib: 512, neededMib: 512 })).toEqual({ kind: 'admitted' });
  });
  test('says both numbers of what does not', () => {
    expect(admit({ freeMib: 1000, promisedMib: 700, neededMib: 512 })).toMatchObject({
      neededMib: 512,
      availableMib: 300,
    });
  });
});
