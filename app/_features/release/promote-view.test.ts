import { expect, test } from 'vitest';
import { promotionEffects, refusalTitle } from '#app/_features/release/promote-view.ts';
import type { PromotionPreview } from '#server/domain/views/releases.ts';

const preview: PromotionPreview = {
  releaseId: 'rel_1', number: 12, from: { id: 'dep_s', slug: 'staging', name: 'Staging' }, to: { id: 'dep_p', slug: 'production', name: 'Production' },
  draftRevision: 1, liveNumber: 41, refusals: [], code: [], components: [], variables: [], leftOut: [], hooks: [],
}; // prettier-ignore
const difference = { componentId: 'cmp_web', kind: 'variable' as const, key: 'API_URL', message: 'web: …' };

test('a promotion says that nothing is built, what keeps serving, which hooks run and what is left out', () => {
  const lines = promotionEffects({ ...preview, hooks: ['web'], leftOut: ['mailer'] });
  expect(lines.map((line) => line.text)).toEqual([
    'The images of Staging run in Production with its own settings and variables. Nothing is built.',
    'Release 41 of Production keeps serving until the new instances are ready.',
    'Hooks run in Production before traffic: web.',
    'mailer is not in Production and left out.',
  ]);
  expect(lines.map((line) => line.isWarning)).toEqual([false, false, true, false]);
});
test.each([
  [[], null],
  [[difference], 'Production would build something else: 1 difference'],
  [[{ ...difference, kind: 'image' as const }], 'It cannot run in Production'],
])('refusals %o have the headline %s', (refusals, title) => {
  expect(refusalTitle({ ...preview, refusals })).toBe(title);
});
