import { expect, test } from 'vitest';
import { byStage, sortProjects, summarySentence } from '#app/_features/projects/view.ts';
import type { ProjectSummary } from '#server/domain/views/projects.ts';
import type { StatusColour } from '#server/domain/words.ts';

const project = (name: string, colour: StatusColour): ProjectSummary => ({
  id: name, slug: name, name, createdAt: new Date(0), sourceLabel: '', deployments: [],
  status: { colour, isStale: false, sentence: '', observedAt: null },
}); // prettier-ignore

test('what needs a look comes first, names keep the rest in place', () =>
  expect(
    sortProjects([project('b', 'green'), project('c', 'red'), project('a', 'grey'), project('d', 'yellow')]).map(
      (item) => item.name,
    ),
  ).toEqual(['c', 'd', 'a', 'b']));
test.each([
  [[project('shop', 'red'), project('x', 'yellow')], 'shop needs attention'],
  [[project('a', 'red'), project('b', 'red')], '2 projects need attention'],
  [[project('shop', 'yellow'), project('x', 'green')], 'shop has an issue'],
  [[project('a', 'green'), project('b', 'grey')], 'Everything works'],
  [[project('a', 'grey')], 'Nothing is running'],
])('the sentence names the worst', (projects, sentence) => expect(summarySentence(projects)?.sentence).toBe(sentence));
test('production stands first, unknown stages last', () => {
  const made = ['dev', 'staging', 'production', 'alpha'].map((stageName) => ({ stageName, name: stageName }));
  expect(byStage(made).map((group) => group.stage)).toEqual(['Production', 'Staging', 'Alpha', 'Dev']);
});
