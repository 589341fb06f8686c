import { expect, test } from 'vitest';
import { actionWords, detailWords } from '#app/_features/settings/audit-view.ts';

test('every action reads as words, also one that nobody wrote a sentence for', () => {
  expect(actionWords('member.role')).toBe('changed a role');
  expect(actionWords('deployment.resume-automatic')).toBe('deployment: resume automatic');
});

test('details are keys and values that people can read, without ids', () => {
  const id = `usr_${'a'.repeat(26)}`;
  expect(detailWords({ data: { from: 'viewer', toNumber: 3, deploymentId: id, affects: [id, 'web'], copiedFrom: null, nothing: [id] } })).toBe('from viewer, to number 3, affects web'); // prettier-ignore
  expect(detailWords({ data: {} })).toBe('');
});
