import { describe, expect, test } from 'vitest';
import {
  commitGroups,
  firstError,
  fixHref,
  headline,
  linesByStep,
  reportSentence,
  stepRows,
  triggerWords,
} from '#app/_features/release/view.ts';
import type { ReleaseStepView } from '#server/domain/views/releases.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 20, 12, 0, second));
const step = (seq: number, state: ReleaseStepView['state'], from: number, to: number | null): ReleaseStepView => ({
  seq, state, startedAt: at(from), endedAt: to === null ? null : at(to), note: '',
}); // prettier-ignore
const facts = { heldReason: null, failure: null, isLive: false };

describe('the headline says the cause', () => {
  test('a failure is its own sentence, not its colour', () =>
    expect(headline({ ...facts, state: 'failed', failure: { code: 'exited', message: 'web exited with 1' } })).toEqual({
      tone: 'red',
      sentence: 'web exited with 1',
    }));
  test('waiting names the place', () =>
    expect(headline({ ...facts, state: 'queued', queuePosition: 2 }).sentence).toBe('Waiting, place 2 in the queue'));
});

describe('steps of a release', () => {
  test('what is ahead is listed after what was visited', () => {
    const rows = stepRows({
      state: 'building',
      failurePhase: null,
      steps: [step(1, 'queued', 0, 1), step(2, 'fetching', 1, 2), step(3, 'building', 2, null)],
    });
    expect(rows.map((row) => `${row.state} ${row.progress}`)).toEqual([
      'queued done', 'fetching done', 'building working', 'storing ahead', 'starting ahead', 'checking ahead', 'hook ahead', 'switching ahead', 'live ahead',
    ]); // prettier-ignore
  });
  test('a failed release ends with the step that failed and promises nothing', () => {
    const rows = stepRows({
      state: 'failed',
      failurePhase: 'building',
      steps: [step(1, 'fetching', 0, 1), step(2, 'building', 1, 3), step(3, 'failed', 3, null)],
    });
    expect(rows.map((row) => `${row.state} ${row.progress}`)).toEqual(['fetching done', 'building failed']);
  });
  test('one that failed before its turn names the step that it would have failed in', () => {
    const rows = stepRows({
      state: 'failed',
      failurePhase: 'fetching',
      steps: [step(1, 'queued', 0, 0), step(2, 'failed', 0, null)],
    });
    expect(rows.map((row) => `${row.state} ${row.progress}`)).toEqual(['queued done', 'fetching failed']);
  });
  test('an aborted one shows where it was stopped', () => {
    const rows = stepRows({
      state: 'aborted',
      failurePhase: null,
      steps: [step(1, 'building', 0, 1), step(2, 'cancelling', 1, 2), step(3, 'aborted', 2, null)],
    });
    expect(rows.map((row) => `${row.state} ${row.progress}`)).toEqual(['building done', 'cancelling stopped']);
  });
});

test('build output belongs to the build whatever its time, the rest goes by time', () => {
  const rows = stepRows({
    state: 'starting',
    failurePhase: null,
    steps: [step(1, 'fetching', 0, 1), step(2, 'building', 1, 5), step(3, 'starting', 5, null)],
  });
  const line = (second: number, kind: 'build' | 'platform' | 'console') => ({ at: at(second).toISOString(), kind });
  const parts = linesByStep(rows, [line(0, 'platform'), line(6, 'build'), line(6, 'console')]);
  expect([...parts].map(([key, lines]) => `${key}: ${lines.map((item) => item.kind).join(' ')}`)).toEqual([
    'fetching-1: platform', 'building-2: build', 'starting-3: console',
  ]); // prettier-ignore
});

test('a failure leads to the setting that mends it, with the suggestion', () =>
  expect(
    fixHref(
      '/acme/shop/production',
      { kind: 'setting', componentId: 'cmp_1', path: 'run.port', suggestion: { label: 'Use 8080', value: 8080 } },
      'acme',
    ),
  ).toBe('/acme/shop/production/components?component=cmp_1&setting=run.port&suggest=8080'));
test('the switch report is one sentence with units', () =>
  expect(
    reportSentence({
      servedRequests: 1204,
      failedRequests: 0,
      drainedConnections: 31,
      cutConnections: 0,
      switchMs: 840,
    }),
  ).toBe('1,204 requests served, 0 failed, 31 connections drained; the switch took 840 ms'));
test('the switch report says how many requests waited while a component was replaced', () =>
  expect(
    reportSentence({
      servedRequests: 90, failedRequests: 0, heldRequests: 12, drainedConnections: 3, cutConnections: 1, switchMs: 2100,
    }), // prettier-ignore
  ).toBe(
    '90 requests served, 0 failed, 12 requests held at the edge, 3 connections drained, 1 cut at the drain limit; the switch took 2.1 s',
  ));
test('a rollback says to what', () =>
  expect(triggerWords({ by: 'rollback', toNumber: 41 }, { name: 'Anna' })).toBe('to 41 by Anna'));
test('components that share a commit stand together', () => {
  const commit = (component: string, id: string) => ({
    componentId: component,
    component,
    commit: id,
    message: '',
    author: '',
    refName: 'main',
  });
  expect(
    commitGroups([commit('web', 'a'), commit('worker', 'a'), commit('api', 'b')]).map((group) => group.components),
  ).toEqual([['web', 'worker'], ['api']]);
});
test('the cause is looked at before its echoes', () => {
  const lines = ['info', 'error', 'info', 'error'].map((level, index) => ({ key: String(index), level }));
  expect(firstError(lines)).toBe('1');
  expect(firstError(lines.slice(0, 1))).toBeNull();
});
