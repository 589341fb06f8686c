import { describe, expect, it } from 'vitest';
import { isInstalled, type Lock } from './dependencies.mjs';

const locked: Lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/next': { version: '16.4.5' },
    'node_modules/swc-darwin': { version: '16.4.5', optional: true },
  },
};
const installed = (packages: NonNullable<Lock['packages']>): boolean => isInstalled(locked, { packages });

describe('isInstalled', () => {
  it('accepts what npm ci leaves, without the packages of other platforms', () => {
    expect(installed({ 'node_modules/next': { version: '16.4.5' } })).toBe(true);
  });
  it('asks for npm ci in a fresh clone, after an update, for a missing package and for one too many', () => {
    expect(isInstalled(locked, null)).toBe(false);
    expect(installed({ 'node_modules/next': { version: '16.4.4' } })).toBe(false);
    expect(installed({})).toBe(false);
    expect(installed({ 'node_modules/next': { version: '16.4.5' }, 'node_modules/old': { version: '1.0.0' } })).toBe(
      false,
    );
  });
});
