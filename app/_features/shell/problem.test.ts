import { expect, test } from 'vitest';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';

const error = { message: 'From 1 to 65535', data: { field: 'run.port' } };
test('an error stands at its field and nowhere else', () => {
  expect(fieldError(error, 'run.port')).toBe('From 1 to 65535');
  expect(fieldError(error, 'run')).toBe('From 1 to 65535');
  expect(fieldError(error, 'ru')).toBeNull();
  expect(otherError(error, ['run.port'])).toBeNull();
  expect(otherError(error, ['name'])).toBe('From 1 to 65535');
});
test('a request that never arrived says that nothing was changed', () =>
  expect(otherError({ message: 'Failed to fetch' }, [])).toContain('Nothing was changed'));
