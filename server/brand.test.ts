import { expect, test, vi } from 'vitest';
import { AppError } from '#server/errors.ts';
import { Secret } from '#server/secret.ts';
import { SourceFailure } from '#server/source/types.ts';

test('errors and secrets of another module graph are known as what they are', async () => {
  vi.resetModules();
  const [errors, secrets, sources] = [
    await import('#server/errors.ts'),
    await import('#server/secret.ts'),
    await import('#server/source/types.ts'),
  ];
  expect(errors.AppError).not.toBe(AppError);
  expect(new errors.AppError('conflict', 'x')).toBeInstanceOf(AppError);
  expect(new secrets.Secret('value')).toBeInstanceOf(Secret);
  expect(new secrets.Secret('value').reveal()).toBe('value');
  expect(new sources.SourceFailure('ref_missing', 'x', 'y')).toBeInstanceOf(SourceFailure);
});

test('a subclass is more than its base', () => {
  class Redirected extends SourceFailure {}
  const [base, sub] = [new SourceFailure('clone_refused', 'x', 'y'), new Redirected('clone_refused', 'x', 'y')];
  expect([base instanceof Redirected, sub instanceof Redirected, sub instanceof SourceFailure]).toEqual([
    false,
    true,
    true,
  ]);
});

test('nothing else passes for them', () => {
  for (const value of [new Error('x'), { code: 'conflict' }, null, 'text']) {
    expect(value instanceof AppError || value instanceof Secret || value instanceof SourceFailure).toBe(false);
  }
});
