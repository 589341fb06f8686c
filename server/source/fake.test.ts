import { sourceContract } from '#server/source/contract.ts';
import { FakeSource } from '#server/source/fake.ts';

sourceContract('the fake', async () => {
  const fake = new FakeSource();
  return {
    source: fake,
    host: fake,
    location: (repositoryId) => ({ kind: 'platform', repositoryId }),
    dispose: async () => undefined,
  };
});
