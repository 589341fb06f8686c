/** The images that this installation built and brought into the engine of the applications. */
import { existsSync } from 'node:fs';
import { isNull } from 'drizzle-orm';
import { readInstallation } from '#server/build/builder-paths.ts';
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
    // Only this column: the database may be of an earlier version.
    const rows = await database.db
      .select({ reference: artifacts.reference })
      .from(artifacts)
      .where(isNull(artifacts.removedAt));
    return rows.map(({ reference }) => reference).filter(isBuiltReference);
  } finally {
    await database.close();
  }
}

/**
 * Removes them; no container may use them any more. Answers how many; none where no engine runs.
 * @throws when one is left: nobody would ever remove it.
 */
export async function removeImages(config: Config): Promise<number> {
  if ((await engineVersion(config.SLIPWAY_DOCKER_SOCKET)) === null) return 0;
  const { id: installationId } = await readInstallation(config.stateDir);
  const rows = await builtReferences(config);
  const engine = new Engine(config.SLIPWAY_DOCKER_SOCKET);
  try {
    const store = new DockerArtifacts(engine, installationId);
    const own = async (): Promise<string[]> =>
      (await store.list(AbortSignal.timeout(60_000))).filter((image) => image.own).map((image) => image.reference);
    const references = new Set([...rows, ...(await own())]);
    for (const reference of references) await store.remove(reference, AbortSignal.timeout(60_000));
    const left = await own();
    if (left.length > 0) throw new Error(`${left.length} images are left in the engine: ${left.join(', ')}`);
    return references.size;
  } finally {
    await engine.close();
  }
}
