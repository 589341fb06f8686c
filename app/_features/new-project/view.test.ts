import { describe, expect, test } from 'vitest';
import {
  formAfter,
  formFor,
  freeName,
  imageProblem,
  missing,
  nameFromImage,
  nameFromUrl,
  requestOf,
  settingsOf,
  type Chosen,
} from '#app/_features/new-project/view.ts';

const chosen: Chosen = {
  kind: 'repository',
  credential: { kind: 'none' },
  inspection: {
    url: 'https://git.example.net/acme/Web_Shop.git', defaultBranch: 'main', branches: ['main'], tags: [], ref: { kind: 'branch', name: 'main' },
    commit: null, manifest: null, found: { kind: 'plan', planner: 'node', lines: [], port: 8080 },
  },
}; // prettier-ignore

describe('everything is filled in from what was found', () => {
  test('name, branch and port', () =>
    expect(formFor(chosen, [])).toMatchObject({
      name: 'web-shop',
      branch: 'main',
      port: '8080',
      kind: 'web',
      stage: 'production',
    }));
  test('a taken name gets a number', () => expect(freeName('shop', ['shop', 'shop-2'])).toBe('shop-3'));
  test('ssh addresses have names too', () => expect(nameFromUrl('git@git.example.net:acme/api.git')).toBe('api'));
});
test('only what differs from the defaults is written down', () =>
  expect(settingsOf({ ...formFor(chosen, []), port: '3000' })).toEqual({ run: { port: 3000 } }));
test('the request carries the branch that was chosen last', () =>
  expect(requestOf('acme', chosen, { ...formFor(chosen, []), branch: 'next' })).toMatchObject({
    org: 'acme',
    name: 'web-shop',
    deployment: { name: 'production', stage: { name: 'production', kind: 'built' } },
    source: { kind: 'git', ref: { kind: 'branch', name: 'next' }, component: { name: 'web', kind: 'web' } },
  }));

test('a repository that describes its components is asked for all of them', () => {
  const components = [
    { name: 'web', kind: 'web' as const, rootDirectory: 'web', variables: [] },
    { name: 'jobs', kind: 'worker' as const, rootDirectory: 'jobs', variables: [] },
  ];
  const described: Chosen = { ...chosen, inspection: { ...chosen.inspection, manifest: { kind: 'read', components } } };
  expect(requestOf('acme', described, formFor(described, [])).source).not.toHaveProperty('component');
  const wrong: Chosen = {
    ...chosen,
    inspection: { ...chosen.inspection, manifest: { kind: 'wrong', problems: ['x'] } },
  };
  expect(missing(wrong)).toContain('slipway.yaml');
});

const digest = `sha256:${'0a'.repeat(32)}`;
const image = (name: string): Chosen => ({ kind: 'image', image: `${name}@${digest}` });
describe('an image by digest', () => {
  test('is named after its last part, without the tag', () =>
    expect(nameFromImage(`registry.example.net:5000/acme/Web_Shop:2.1@${digest}`)).toBe('web-shop'));
  test.each([
    [`nginx@${digest}`, null],
    [` registry.example.net:5000/acme/shop:2@${digest} `, null],
    ['', 'Give the image'],
    ['nginx:stable', 'Add the digest'],
    ['nginx@sha256:12', '64 characters'],
    [`NGINX@${digest}`, 'Lower-case'],
  ])('%s: %s', (text, said) =>
    said === null ? expect(imageProblem(text)).toBeNull() : expect(imageProblem(text)).toContain(said),
  );
  test('Deploy waits for the whole digest', () => {
    expect(missing(image('nginx'))).toBeNull();
    expect(missing({ kind: 'image', image: 'nginx@sha' })).toContain('64 characters');
    expect(missing(null)).toContain('Choose');
  });
  test('the request names component, kind and port, and writes the port down once', () =>
    expect(requestOf('acme', image('nginx'), { ...formFor(image('nginx'), []), port: '80', instances: '2' })).toEqual({
      org: 'acme',
      name: 'nginx',
      deployment: { name: 'production', stage: { name: 'production', kind: 'built' } },
      source: {
        kind: 'image',
        image: `nginx@${digest}`,
        port: 80,
        component: { name: 'web', kind: 'web', settings: { instances: 2 } },
      },
    }));
  test('a worker has no port', () =>
    expect(
      requestOf('acme', image('jobs'), { ...formFor(image('jobs'), []), kind: 'worker' }).source,
    ).not.toHaveProperty('port'));
  test('what was typed stays while the image is corrected; the name follows until somebody writes one', () => {
    const form = { ...formFor(image('ngin'), []), port: '80', componentName: 'proxy' };
    expect(formAfter({ chosen: image('ngin'), form }, image('nginx'), [])).toEqual({ ...form, name: 'nginx' });
    const named = { ...form, name: 'front' };
    expect(formAfter({ chosen: image('ngin'), form: named }, image('nginx'), [])).toEqual(named);
  });
  test('another kind of source begins anew', () =>
    expect(formAfter({ chosen, form: { ...formFor(chosen, []), port: '1' } }, image('nginx'), []).port).toBe('8080'));
});
