import { expect, test } from 'vitest';
import { builtWords, tagCommits, tagPlaces } from '#app/_features/tags/view.ts';
import type { TagComponentView, TagReleaseView } from '#server/domain/views/tags.ts';

const component = (name: string, commit: string, built: boolean): TagComponentView => ({
  componentId: `cmp_${name}`, name, built, image: null, commit: { componentId: `cmp_${name}`, component: name, commit, message: 'M', author: 'A', refName: 'main' },
}); // prettier-ignore
const release = (deploymentId: string, number: number, isLive: boolean): TagReleaseView => ({
  releaseId: `rel_${String(number)}`, number, state: isLive ? 'live' : 'retired', outcome: 'live', isLive, deploymentId, deploymentSlug: deploymentId, deploymentName: deploymentId,
}); // prettier-ignore

test('components of one commit stand together', () => {
  const groups = tagCommits({ components: [component('web', 'a', true), component('worker', 'a', true), component('api', 'b', true)] }); // prettier-ignore
  expect(groups.map((group) => group.components)).toEqual([['web', 'worker'], ['api']]);
});
test('each deployment once, live ones first, and a live release before a newer one that is not', () => {
  const places = tagPlaces([release('qa', 9, false), release('production', 8, false), release('production', 7, true)]);
  expect(places.map((place) => [place.deploymentId, place.number])).toEqual([['production', 7], ['qa', 9]]); // prettier-ignore
});
test.each([
  [[component('web', 'a', true)], 'images are there'],
  [[component('web', 'a', false)], 'not built yet'],
  [[component('web', 'a', true), component('api', 'a', false)], '1 component not built yet'],
])('what is built is said', (components, words) => expect(builtWords(components)).toBe(words));
