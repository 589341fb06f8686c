import { expect, test } from 'vitest';
import { type RevertFacts, revertVerdict } from '#server/domain/auto-revert.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';

const component = (name: string, settings: SettingsOverrides = {}) => ({ componentId: `cmp_${name}`, name, settings: mergeSettings(settings) }); // prettier-ignore
const looping: RevertFacts = {
  kind: 'deploy', number: 5, components: [component('web'), component('db', { handOver: 'single' })],
  started: [{ componentId: 'cmp_web', restarts: 3 }], hooks: 0, target: 4,
}; // prettier-ignore

test.each([
  ['three exits', {}, { kind: 'revert', to: 4 }],
  ['two exits', { started: [{ componentId: 'cmp_web', restarts: 2 }] }, { kind: 'none' }],
  ['a hook ran', { hooks: 1 }, { kind: 'kept' }],
  ['a single hand-over of this release', { started: [{ componentId: 'cmp_web', restarts: 4 }, { componentId: 'cmp_db', restarts: 0 }] }, { kind: 'kept' }],
  ['a rollback', { kind: 'rollback' }, { kind: 'kept' }],
  ['nothing to go back to', { target: null }, { kind: 'kept' }],
] as const)('%s', (_what, more: Partial<RevertFacts>, expected) => {
  expect(revertVerdict({ ...looping, ...more })).toMatchObject(expected);
}); // prettier-ignore

test('it says what crashed how often', () =>
  expect(revertVerdict(looping)).toMatchObject({ because: 'web exited 3 times within 5 minutes' }));
