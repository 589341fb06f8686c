import { expect, test } from 'vitest';
import { rowOf, rowProblems, scalable, scaleChanges } from '#app/_features/deployment/scale-view.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import type { ReleaseComponentView } from '#server/domain/views/releases.ts';

const component = (name: string, kind: ReleaseComponentView['kind'] = 'web'): ReleaseComponentView => ({
  componentId: `cmp_${name}`, name, kind, source: { kind: 'image', reference: 'x' }, settings: mergeSettings(), origins: {}, variableKeys: [], buildOutcome: null,
  found: [], port: null, artifactId: null, imageSizeBytes: null,
}); // prettier-ignore

test('only what differs from live is sent, CPU in cores becomes thousandths', () => {
  const web = component('web');
  expect(scaleChanges([web], { cmp_web: rowOf(web) })).toEqual([]);
  expect(scaleChanges([web, component('jobs', 'worker')], { cmp_web: { instances: '3', cpu: '0,25', memory: '512' } })).toEqual([{ componentId: 'cmp_web', instances: 3, cpuMillis: 250 }]); // prettier-ignore
});

test('what cannot be read is said at its field and nothing is sent', () => {
  const row = { instances: '11', cpu: '', memory: '16' };
  expect(Object.keys(rowProblems(row))).toEqual(['instances', 'cpu', 'memory']);
  expect(scaleChanges([component('web')], { cmp_web: row })).toBeNull();
});

test('a job keeps no instances: it cannot be scaled', () =>
  expect(scalable([component('web'), component('tick', 'cron')]).map((one) => one.name)).toEqual(['web']));
