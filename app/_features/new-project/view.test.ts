import { describe, expect, test } from 'vitest';
import { formFor, freeName, nameFromUrl, requestOf, settingsOf, type Chosen } from '#app/_features/new-project/view.ts';

const chosen: Chosen = {
  kind: 'repository',
  credential: { kind: 'none' },
  inspection: {
    url: 'https://git.example.net/acme/Web_Shop.git', defaultBranch: 'main', branches: ['main'], tags: [], ref: { kind: 'branch', name: 'main' },
    commit: null, found: { kind: 'plan', planner: 'node', lines: [], port: 8080 },
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
