import { describe, expect, test } from 'vitest';
import { deployChoices, tipSentence } from '#app/_features/deployment/view.ts';
import type { BranchTip } from '#server/domain/views/releases.ts';

const tip: BranchTip = {
  repositoryId: 'rep_1', ref: 'main', components: ['web'], commit: '4f2c91e0', message: 'Cache cart', liveCommit: 'aaaa', ahead: 2, checkedAt: new Date(0),
}; // prettier-ignore
const facts = { power: 'running', liveNumber: 42, pendingChanges: 2, tips: [tip], stageKind: 'built' } as const;

describe('each way to deploy says what it does or why not', () => {
  test('newest code names the commit and the changes', () => {
    const choices = deployChoices({ ...facts, tips: [tip] });
    expect(choices.deploy).toEqual({ note: 'Builds main@4f2c91e, brings 2 changes', reason: null });
  });
  test('configuration needs a difference', () =>
    expect(deployChoices({ ...facts, tips: [tip], pendingChanges: 0 }).configuration.reason).toBe(
      'Nothing differs from live',
    ));
  test('before the first live only newest code is possible', () => {
    const choices = deployChoices({ ...facts, tips: [tip], liveNumber: null });
    expect([choices.deploy.reason, choices.restart.reason]).toEqual([
      null,
      'Nothing is live yet: deploy the newest code first',
    ]);
  });
});
test.each([
  [tip, 'main is 2 commits ahead'],
  [{ ...tip, ahead: 1 }, 'main is 1 commit ahead'],
  [{ ...tip, ahead: null }, 'main has newer commits'],
  [{ ...tip, commit: 'aaaa' }, null],
  [{ ...tip, liveCommit: null }, null],
])('a branch tip reads as how far live is behind', (value, sentence) => expect(tipSentence(value)).toBe(sentence));
