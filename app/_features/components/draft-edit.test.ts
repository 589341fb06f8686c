import { describe, expect, test } from 'vitest';
import {
  countEdits,
  documentWith,
  inputText,
  setOverride,
  typedValue,
  groupsFor,
} from '#app/_features/components/draft-edit.ts';
import { settingField, settingGroups, valueWords, withValue } from '#app/_features/components/view.ts';
import { mergeSettings, settingsSchema } from '#server/domain/settings.ts';
import type { DraftView } from '#server/domain/views/projects.ts';

const component = { base: mergeSettings({ run: { port: 3000 } }) };
const field = (path: string) => {
  const found = settingField(path);
  if (!found) throw new Error(path);
  return found;
};

describe('overrides', () => {
  test('a value that equals the project’s is no override', () => {
    const set = setOverride({}, 'run.port', 8080, component);
    expect(set).toEqual({ run: { port: 8080 } });
    expect(setOverride(set, 'run.port', 3000, component)).toEqual({});
  });
  test('a part of a whole value brings the rest along', () =>
    expect(setOverride({}, 'ref.name', 'next', component)).toEqual({ ref: { kind: 'branch', name: 'next' } }));
  test('groups that become empty go', () =>
    expect(withValue({ run: { port: 1 }, instances: 2 }, 'run.port', undefined)).toEqual({ instances: 2 }));
});

test('the saved document keeps what was not edited', () => {
  const draft: DraftView = {
    deploymentId: 'dep_1', revision: 3, available: [], offered: [], updatedAt: new Date(0), updatedBy: null,
    document: { components: [{ componentId: 'a', overrides: { instances: 2 } }, { componentId: 'b', overrides: {} }] },
    components: [{ componentId: 'a', name: 'web', kind: 'web', overrides: { instances: 2 }, base: component.base, effective: component.base, origins: {} }],
  }; // prettier-ignore
  const edits = new Map([['a', { instances: 3, run: { port: 8080 } }]]);
  expect(documentWith(draft, edits).components).toEqual([
    { componentId: 'a', overrides: { instances: 3, run: { port: 8080 } } },
    { componentId: 'b', overrides: {} },
  ]);
  expect(countEdits(draft, edits)).toBe(2);
});

describe('what is typed', () => {
  test.each([
    ['size.cpuMillis', '0,5', 500],
    ['run.port', '', null],
    ['run.port', 'abc', 'abc'],
    ['ref', 'next', { kind: 'branch', name: 'next' }],
    ['readiness.http', '/healthz', { path: '/healthz', status: 200 }],
    ['build.extraPaths', 'lib, shared', ['lib', 'shared']],
    ['run.command', ' ', null],
  ])('%s: %j', (path, text, value) => expect(typedValue(field(path), text, undefined)).toEqual(value));
  test('is shown again as it was', () => {
    expect(inputText(field('size.cpuMillis'), 1500)).toBe('1.5');
    expect(inputText(field('ref'), { kind: 'branch', name: 'main' })).toBe('main');
  });
});

test('every setting has a field, so that none is hidden', () => {
  const paths = settingGroups.flatMap((group) => group.fields.map((item) => item.path));
  const leaves = (value: unknown, path: string): string[] =>
    paths.includes(path) || typeof value !== 'object' || value === null
      ? [path]
      : Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
  expect(leaves(settingsSchema.parse({}), '').sort()).toEqual([...paths].sort());
});
test('only a worker is offered to start after the switch', () => {
  const offered = (kind: string) =>
    groupsFor(kind, true)
      .flatMap((group) => group.fields)
      .find((item) => item.path === 'handOver')
      ?.choices?.map((choice) => choice.value);
  expect(offered('web')).toEqual(['overlap', 'single']);
  expect(offered('worker')).toEqual(['overlap', 'single', 'after-switch']);
});
test('values read with their unit', () => {
  expect(valueWords('size.memoryMib', 512)).toBe('512 MiB');
  expect(valueWords('size.cpuMillis', 500)).toBe('0.5 cores');
  expect(valueWords('handOver', 'overlap')).toBe('New beside old');
  expect(valueWords('run.port', null)).toBe('not set');
  expect(valueWords('ref', { kind: 'branch', name: 'main' })).toBe('branch main');
});

test('declared storage is typed as name, path and size, and reads back as it was typed', () => {
  const value = typedValue(field('volumes'), ' uploads /app/uploads 5,cache  /cache 1', []);
  expect(value).toEqual([
    { name: 'uploads', path: '/app/uploads', sizeGib: 5 },
    { name: 'cache', path: '/cache', sizeGib: 1 },
  ]);
  expect(inputText(field('volumes'), value)).toBe('uploads /app/uploads 5, cache /cache 1');
  expect(typedValue(field('volumes'), '', value)).toEqual([]);
});
