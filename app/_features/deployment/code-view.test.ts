import { expect, test } from 'vitest';
import { codeGroups, codeSentence, moreWords, shortCode } from '#app/_features/deployment/code-view.ts';
import type { CodeDiff } from '#server/domain/views/releases.ts';

const line = { commit: 'c'.repeat(40), subject: 'Cache cart', author: 'Anna', at: null };
const diff: CodeDiff = {
  componentId: 'cmp_web', component: 'web', from: 'a'.repeat(40), to: 'c'.repeat(40), refName: 'main', builtBy: null, relation: 'ahead', commits: [line], more: 0,
}; // prettier-ignore

const cases: [Partial<CodeDiff>, string, boolean][] = [
  [{}, 'main: 1 new commit', false],
  [{ more: 30 }, 'main: 31 new commits', false],
  [{ relation: 'same', commits: [] }, 'main: same commit as live', false],
  [{ relation: 'behind' }, 'main: goes back, 1 commit taken away', true],
  [{ relation: 'other', more: null }, 'main: another history than what is live; its newest commits', true],
  [{ relation: 'new' }, 'main: nothing of it is live yet', false],
  [{ relation: 'image', refName: null, commits: [] }, 'another image', false],
  [
    { builtBy: { deployment: 'staging', number: 12 } },
    'the newest build of main, release 12 of staging: 1 new commit',
    false,
  ],
];
test.each(cases)('%o reads as “%s”', (more, text, isWarning) => {
  expect(codeSentence({ ...diff, ...more })).toEqual({ text, isWarning });
});
test('components that move together stand together', () => {
  const groups = codeGroups([diff, { ...diff, componentId: 'cmp_worker', component: 'worker' }, { ...diff, component: 'api', from: null }]); // prettier-ignore
  expect(groups.map((group) => group.components)).toEqual([['web', 'worker'], ['api']]);
});
test('the rest is counted, or said to be there', () => {
  expect([moreWords(diff), moreWords({ ...diff, more: 12 }), moreWords({ ...diff, more: null })]).toEqual([null, 'and 12 more', 'and what came before']); // prettier-ignore
});
test('codes are short', () => {
  expect([shortCode(diff.to), shortCode(`nginx@sha256:${'d'.repeat(64)}`)]).toEqual(['ccccccc', `nginx@${'d'.repeat(12)}`]); // prettier-ignore
});
