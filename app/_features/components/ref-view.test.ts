import { expect, test } from 'vitest';
import { refKinds, refOf, refWords } from '#app/_features/components/ref-view.ts';
import { componentRef } from '#server/domain/settings.ts';

test('every kind of reference has its words', () => {
  expect(Object.keys(refKinds).toSorted()).toEqual([...componentRef.shape.kind.options].toSorted());
});
test.each([
  [{ kind: 'branch', name: 'main' }, 'branch main'],
  [{ kind: 'build', name: 'main' }, 'newest build of main'],
  [{ kind: 'commit', name: 'abc' }, 'commit abc'],
])('%o reads as “%s”', (value, words) => expect(refWords(value)).toBe(words));
test('what is no reference is an empty branch', () => {
  expect([refOf(null), refOf({ kind: 'x', name: 3 })]).toEqual([{ kind: 'branch', name: '' }, { kind: 'branch', name: '' }]); // prettier-ignore
});
