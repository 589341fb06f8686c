import { expect, test } from 'vitest';
import { applyScale, operationEffects, type OperationFacts, operationRefusal, scaleDraft } from '#server/domain/operations.ts'; // prettier-ignore
import type { SnapshotComponent } from '#server/domain/release.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';

const component = (name: string, settings: SettingsOverrides = {}, kind: SnapshotComponent['kind'] = 'web'): SnapshotComponent => ({
  componentId: `cmp_${name}`, name, kind, settings: mergeSettings(settings), origins: {}, variables: [], source: { kind: 'image', reference: 'x' },
}); // prettier-ignore
const facts = (kind: OperationFacts['kind'], more: Partial<OperationFacts> = {}): OperationFacts => ({
  kind, power: kind === 'resume' ? 'suspended' : 'running', liveNumber: 4, components: [component('web'), component('jobs', {}, 'worker')],
  running: new Map([['cmp_web', 1], ['cmp_jobs', 1]]), ends: [], ...more,
}); // prettier-ignore
const text = (given: OperationFacts): string => operationEffects(given).join(' ');

test.each([
  ['restart', {}, null],
  ['restart', { liveNumber: null }, /Nothing is live/],
  ['restart', { power: 'suspended' }, /resume it first/],
  ['restart', { componentIds: ['cmp_other'] }, /Only components/],
  ['suspend', {}, null],
  ['suspend', { power: 'suspended' }, /suspended already/],
  ['resume', {}, null],
  ['resume', { power: 'running' }, /runs already/],
  ['resume', { power: 'trashed' }, /deleted/],
  ['scale', { scale: [{ componentId: 'cmp_web', instances: 2 }] }, null],
  ['scale', { scale: [{ componentId: 'cmp_web', instances: 1 }] }, /Nothing to change/],
  ['scale', { scale: [{ componentId: 'cmp_none', instances: 1 }] }, /Only components/],
  ['scale', { components: [component('tick', {}, 'cron')], scale: [{ componentId: 'cmp_tick', instances: 2 }] }, /keeps no instances/],
  ['scale', { components: [component('web', { handOver: 'single' })], scale: [{ componentId: 'cmp_web', instances: 2 }] }, /one instance/],
] as const)('%s with %j', (kind, more: Partial<OperationFacts>, expected) => {
  const refusal = operationRefusal(facts(kind, more));
  if (expected === null) expect(refusal).toBeNull();
  else expect(refusal).toMatch(expected);
}); // prettier-ignore

test('each says beforehand what starts, what stops, what it needs and what it ends', () => {
  expect(text(facts('restart', { componentIds: ['cmp_web'] }))).toBe('web: a new instance beside the old one, which stops once the new one is ready. Nothing is built and no hook runs.'); // prettier-ignore
  expect(text(facts('restart', { components: [component('db', { handOver: 'single' }, 'add-on')] }))).toContain('requests wait'); // prettier-ignore
  expect(text(facts('scale', { scale: [{ componentId: 'cmp_web', instances: 3, memoryMib: 256 }] }))).toMatch(/web: 3 instances instead of 1, 1 CPU and 256 MiB each instead of 1 CPU and 512 MiB\. All of its instances .* Needs 256 MiB .* draft/); // prettier-ignore
  expect(text(facts('suspend', { ends: [{ number: 5, kind: 'deploy' }, { number: null, kind: 'restart' }] }))).toMatch(/Release 5 is ended .* A waiting restart is ended .* 2 instances stop/); // prettier-ignore
  expect(text(facts('resume'))).toMatch(/Release 4 starts again: web ×1, jobs ×1\. Nothing is built/);
});

test('a scale changes what it names in the snapshot and in the draft, and nothing else', () => {
  const changes = [{ componentId: 'cmp_web', instances: 2, memoryMib: 64 }];
  const [web, jobs] = applyScale({ components: facts('scale').components }, changes).components;
  expect(web).toMatchObject({ settings: { instances: 2, size: { cpuMillis: 1000, memoryMib: 64 } }, origins: { instances: 'deployment', 'size.memoryMib': 'deployment' } }); // prettier-ignore
  expect(jobs).toEqual(component('jobs', {}, 'worker'));
  const draft = { components: [{ componentId: 'cmp_web', overrides: { run: { port: 80 }, size: { cpuMillis: 500 } } }, { componentId: 'cmp_jobs', overrides: {} }] }; // prettier-ignore
  expect(scaleDraft(draft, changes).components).toEqual([
    { componentId: 'cmp_web', overrides: { run: { port: 80 }, size: { cpuMillis: 500, memoryMib: 64 }, instances: 2 } },
    { componentId: 'cmp_jobs', overrides: {} },
  ]);
});
