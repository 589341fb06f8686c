import { expect, test } from 'vitest';
import { changesNothing, codeLines, effects } from '#app/_features/release/rollback-view.ts';
import type { RollbackPreview } from '#server/domain/views/releases.ts';

const preview: RollbackPreview = {
  releaseId: 'rel_1', number: 1, liveNumber: 3, refusal: null, restorable: [1], code: [], components: [], variables: [], revoked: [],
  keptAddOns: [], hooksSince: 0, ends: [], isPaused: false,
}; // prettier-ignore
const texts = (more: Partial<RollbackPreview>): string => effects({ ...preview, ...more }).map((line) => line.text).join(' '); // prettier-ignore

test('it says what ends, what ran since, what was revoked, what stays and what pauses', () => {
  const text = texts({
    ends: [{ releaseId: 'rel_4', number: 4, kind: 'deploy', state: 'building' }, { releaseId: 'rel_5', number: null, kind: 'restart', state: 'queued' }], hooksSince: 2,
    revoked: [{ key: 'TOKEN', component: null, isReplaced: true }, { key: 'KEY', component: 'web', isReplaced: false }], keptAddOns: ['db'],
  }); // prettier-ignore
  for (const part of ['Nothing is built', 'Release 4 is ended', 'Restart is ended', 'Hooks ran since: 2', 'TOKEN was revoked since: its current value', 'KEY of web was revoked since and has no value', 'db stays', 'Automatic deploys pause'])
    expect(text).toContain(part); // prettier-ignore
});

test('what is paused already does not pause again', () => expect(texts({ isPaused: true })).not.toContain('pause'));

test('commits are short, images keep their name', () => {
  const code = [{ component: 'web', from: { commit: 'a'.repeat(40), message: 'x' }, to: { commit: `reg/app@sha256:${'b'.repeat(64)}`, message: '' } }]; // prettier-ignore
  expect(codeLines({ code })).toEqual([{ component: 'web', from: 'aaaaaaa', to: 'reg/app', message: '' }]);
  expect(changesNothing(preview)).toBe(true);
  expect(changesNothing({ ...preview, code })).toBe(false);
});
