/** For tests: the context of an organization's owner as the use cases of releases need it, with keys of no value. */
import type { Db } from '#server/db/client.ts';
import type { MadeDeployment } from '#server/db/testing-makers.ts';
import type { SourceProvider } from '#server/source/types.ts';
import type { ReleaseContext } from '#server/usecases/plan-snapshot.ts';

export const testKey = Buffer.alloc(32, 7);

export const testContext = (
  db: Db,
  made: Pick<MadeDeployment, 'orgId' | 'userId'>,
  sources: SourceProvider,
): ReleaseContext => ({
  db,
  sources,
  keys: { variables: testKey, credentials: testKey },
  actor: { userId: made.userId, sessionId: 'ses_test', orgId: made.orgId, role: 'owner', isOperator: false },
});
