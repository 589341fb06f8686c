import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  isActive, isFinal, isWaiting, kindRules, outcomeOf, releaseEvents, releaseKinds, releaseStates, transition,
} from '#server/domain/release-machine.ts'; // prettier-ignore
import { drawMachine } from '#tools/draw-machine.ts';

test('every state is exactly one of waiting, active, live, retiring and final', () => {
  for (const state of releaseStates) {
    const classes = [isWaiting(state), isActive(state), state === 'live', state === 'retiring', isFinal(state)];
    expect([state, classes.filter(Boolean).length]).toEqual([state, 1]);
  }
});

test('a final state is never left, and every other one can be', () => {
  for (const state of releaseStates) {
    const ways = releaseEvents.filter((event) => transition(state, event) !== null);
    expect([state, ways.length > 0]).toEqual([state, !isFinal(state)]);
  }
});

test('from every state before live the release can still end without going live, and after it it cannot', () => {
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean => {
    if (from === goal) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const state = releaseStates.find((name) => name === from);
    return state !== undefined && releaseEvents.some((event) => reaches(transition(state, event) ?? '', goal, seen));
  };
  for (const state of releaseStates) {
    const before = isWaiting(state) || isActive(state);
    expect([state, reaches(state, 'aborted'), reaches(state, 'failed')]).toEqual([
      state, before || state === 'aborted', before || state === 'failed',
    ]); // prettier-ignore
  }
});

test('the outcome is set on entering its state and on no other', () => {
  expect(releaseStates.filter((state) => outcomeOf(state) !== null)).toEqual([
    'live',
    'aborted',
    'superseded',
    'failed',
  ]);
});

test('operations never build and never run a hook', () => {
  for (const kind of releaseKinds) {
    const rules = kindRules[kind];
    if (['restart', 'scale', 'suspend', 'resume', 'wake', 'reschedule'].includes(kind))
      expect([rules.build, rules.hook]).toEqual(['never', 'no']);
  }
  expect(kindRules.rollback).toMatchObject({ build: 'never', hook: 'no', first: true });
});

test('the diagram in ARCHITECTURE.md is the table', () => {
  expect(readFileSync('ARCHITECTURE.md', 'utf8')).toContain(drawMachine());
});
