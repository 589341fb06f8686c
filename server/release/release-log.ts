/** The engine's own lines in the log of a release: what happened, in the words of the product. */
import { AppError } from '#server/errors.ts';
import type { LogLevel } from '#server/domain/words.ts';
import type { Engine } from '#server/release/engine.ts';
import type { ReleaseRow } from '#server/db/releases.ts';

export interface ReleaseLog {
  say(text: string, level?: LogLevel): void;
  close(): Promise<void>;
}

/** A log that cannot be written never stops a release: it is said in the worker's log instead. */
export async function openReleaseLog(engine: Engine, release: ReleaseRow): Promise<ReleaseLog> {
  const writer = await engine.logs.open({
    orgId: release.orgId,
    deploymentId: release.deploymentId,
    releaseId: release.id,
    componentId: null,
    instanceId: null,
    kind: 'platform',
  });
  return {
    say: (text, level = 'info') => writer.write({ at: engine.clock.now().toISOString(), level, text }),
    close: () =>
      writer.close().catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'conflict'))
          engine.log.warn('release log was not kept', { release: release.id, error });
      }),
  };
}
