/** The images that this installation built and brought into the engine of the applications. */
import { existsSync } from 'node:fs';
import { isNull } from 'drizzle-orm';
import type { Config } from '#server/config.ts';
import { openDatabase } from '#server/db/client.ts';
import { artifacts } from '#server/db/schema/index.ts';
import { DockerArtifacts } from '#server/runtime/docker/artifacts.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { isBuiltReference } from '#server/runtime/docker/spec.ts';
import { engineVersion } from './engine.ts';
import { ensurePostgres } from './postgres.ts';
import { ensureSecret, statePaths } from './state.ts';

async function builtReferences({ stateDir, DATABASE_URL: url }: Config): Promise<string[]> {
  if (existsSync(statePaths(stateDir).postgres))
    await ensurePostgres(stateDir, url, ensureSecret(stateDir, 'postgres'));
  const database = openDatabase(url, { name: 'down', max: 1 });
  try {
    const rows = await database.db.select().from(artifacts).where(isNull(artifacts.removedAt));
    return rows.map(({ reference }) => reference).filter(isBuiltReference);
  } finally {
    await database.close();
  }
}

/** Removes them; no container may use them any more. Answers how many; none where no engine runs. */
export async function removeImages(config: Config): Promise<number> {
  if ((await engineVersion(config.SLIPWAY_DOCKER_SOCKET)) === null) return 0;
  const references = await builtReferences(config);
  const engine = new Engine(config.SLIPWAY_DOCKER_SOCKET);
  try {
    const store = new DockerArtifacts(engine);
    for (const reference of references) await store.remove(reference, AbortSignal.timeout(60_000));
    return references.length;
  } finally {
    await engine.close();
  }
}
