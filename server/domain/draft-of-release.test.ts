import { expect, test } from 'vitest';
import { draftOfRelease, overridesTo } from '#server/domain/draft-of-release.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { settingsOverrides } from '#server/domain/settings-overrides.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';

const snapshotOf = (settings: SettingsOverrides, origins: SnapshotComponent['origins'] = {}, componentId = 'cmp_web'): SnapshotComponent => ({
  componentId, name: componentId.slice(4), kind: 'web', settings: mergeSettings(settings), origins, variables: [], source: { kind: 'image', reference: 'x' },
}); // prettier-ignore

test('the overrides on what the project has now give the settings of then, are the fewest, and pass the check of drafts', () => {
  const then: SettingsOverrides = { instances: 3, run: { port: 8080 }, readiness: { http: { path: '/ok', status: 204 } }, ref: { kind: 'tag', name: 'v1' } }; // prettier-ignore
  const now: SettingsOverrides = { instances: 2, run: { port: 8080 }, hook: { postdeploy: 'migrate' } };
  const overrides = overridesTo(mergeSettings(then), mergeSettings(now), () => false);
  expect(mergeSettings(now, overrides)).toEqual(mergeSettings(then));
  expect(overrides).toEqual({
    instances: 3,
    hook: { postdeploy: null },
    readiness: { http: { path: '/ok', status: 204 } },
    ref: { kind: 'tag', name: 'v1' },
  });
  expect(settingsOverrides.safeParse(overrides).success).toBe(true);
});

test('a component that is gone is left out by name, what the file of the repository set is left to it, add-ons stay', () => {
  const snapshot = {
    components: [
      snapshotOf({ run: { port: 8080 }, instances: 2 }, { 'run.port': 'slipway.yaml', instances: 'deployment' }),
      snapshotOf({}, {}, 'cmp_old'),
    ],
  };
  const now = { components: [{ componentId: 'cmp_web', overrides: {} }, { componentId: 'cmp_db', overrides: { size: { memoryMib: 512 } } }] }; // prettier-ignore
  const known = [{ id: 'cmp_web', kind: 'web' as const, settings: {} }, { id: 'cmp_db', kind: 'add-on' as const, settings: {} }]; // prettier-ignore
  expect(draftOfRelease(snapshot, known, now)).toEqual({
    document: { components: [{ componentId: 'cmp_web', overrides: { instances: 2 } }, now.components[1]] },
    leftOut: ['old'],
  });
});
