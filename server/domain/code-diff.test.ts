import { expect, test } from 'vitest';
import { commitsBetween, type LoggedCommit } from '#server/domain/code-diff.ts';

const one = (commit: string): LoggedCommit => ({
  commit,
  message: `Commit ${commit}\n\nMore`,
  author: 'Ada',
  at: null,
});
const history = (...commits: string[]): LoggedCommit[] => commits.map(one);
const subjects = (between: ReturnType<typeof commitsBetween>) => between.commits.map((line) => line.subject);

test('a newer commit brings those after the live one', () => {
  const between = commitsBetween('a', 'c', { ofTo: history('c', 'b', 'a'), ofFrom: history('a') });
  expect(between).toMatchObject({ relation: 'ahead', more: 0 });
  expect(subjects(between)).toEqual(['Commit c', 'Commit b']);
});
test('an older commit takes back those after it', () => {
  const between = commitsBetween('c', 'a', { ofTo: history('a'), ofFrom: history('c', 'b', 'a') });
  expect(between).toMatchObject({ relation: 'behind', more: 0 });
  expect(subjects(between)).toEqual(['Commit c', 'Commit b']);
});
test('a rewritten branch is neither ahead nor behind, and the number is not known', () => {
  const between = commitsBetween('x', 'c', { ofTo: history('c', 'b', 'a'), ofFrom: history('x', 'a') });
  expect(between).toMatchObject({ relation: 'other', more: null });
});
test('the list is bounded and says how many more there are', () => {
  const ids = Array.from({ length: 60 }, (_, index) => `c${String(index)}`);
  const between = commitsBetween('c50', 'c0', { ofTo: history(...ids), ofFrom: [] });
  expect(between.commits).toHaveLength(20);
  expect(between.more).toBe(30);
});
test('the same commit, and nothing live', () => {
  expect(commitsBetween('a', 'a', { ofTo: history('a'), ofFrom: history('a') }).relation).toBe('same');
  expect(commitsBetween(null, 'a', { ofTo: history('a'), ofFrom: [] })).toMatchObject({ relation: 'new', more: 0 });
});
