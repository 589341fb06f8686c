import { MutationObserver, QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { endOfSave } from '#app/_features/deployment/pending-save.ts';

const mutationKey = [['drafts', 'save']];

/** A save that ends when it is told to. */
function startSave(queries: QueryClient, deploymentId: string) {
  const answer = Promise.withResolvers<{ revision: number }>();
  const observer = new MutationObserver(queries, {
    mutationKey,
    mutationFn: (_input: { deploymentId: string }) => answer.promise,
  });
  const ended = observer.mutate({ deploymentId }).then(() => null, () => null); // prettier-ignore
  return { ...answer, ended };
}

test('without a save there is nothing to wait for', async () => {
  const queries = new QueryClient();
  startSave(queries, 'dep_other').resolve({ revision: 9 });
  startSave(queries, 'dep_another');
  expect(await endOfSave(queries, mutationKey, 'dep_1')).toEqual({ kind: 'none' });
});
test('Deploy pressed during a save deploys what was saved', async () => {
  const queries = new QueryClient();
  const save = startSave(queries, 'dep_1');
  const end = endOfSave(queries, mutationKey, 'dep_1');
  save.resolve({ revision: 8 });
  expect(await end).toEqual({ kind: 'saved', revision: 8 });
});
test('a save that is refused deploys nothing', async () => {
  const queries = new QueryClient();
  const save = startSave(queries, 'dep_1');
  const end = endOfSave(queries, mutationKey, 'dep_1');
  save.reject(new Error('Somebody else saved in between.'));
  await save.ended;
  expect(await end).toEqual({ kind: 'failed' });
});
