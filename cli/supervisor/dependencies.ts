/** Starts the database and the engine again when they die, where they are processes of ours. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#server/log.ts';
import { ensureEngine, isEngineAlive } from '#cli/platform/engine.ts';
import { ensurePostgres, findPostgres } from '#cli/platform/postgres.ts';
import { ensureSecret, statePaths } from '#cli/platform/state.ts';

const checkMs = 2000;

interface Dependency {
  name: string;
  isAlive: () => boolean;
  start: () => Promise<unknown>;
}

function dependenciesOf(stateDir: string, values: Record<string, string>): Dependency[] {
  const postgres: Dependency = {
    name: 'postgres',
    isAlive: () => findPostgres(stateDir) !== null,
    start: () => ensurePostgres(stateDir, values['DATABASE_URL'] ?? '', ensureSecret(stateDir, 'postgres')),
  };
  const engine: Dependency = {
    name: 'dockerd',
    isAlive: () => isEngineAlive(stateDir),
    start: () => ensureEngine(stateDir, values['SLIPWAY_DOCKER_SOCKET'] ?? '/var/run/docker.sock'),
  };
  return [postgres, engine].filter(({ name }) => existsSync(`${statePaths(stateDir).run}/${name}.pid`));
}

/** Runs until the signal fires. A start that fails is told and tried again. */
export async function keepDependencies(
  stateDir: string,
  values: Record<string, string>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const dependencies = dependenciesOf(stateDir, values);
  while (!signal.aborted) {
    for (const { name, isAlive, start } of dependencies) {
      if (isAlive()) continue;
      log.warn('a dependency ended and is started again', { name });
      await start().catch((error: unknown) => log.error('it did not start', { name, error }));
    }
    await sleep(checkMs, undefined, { signal }).catch(() => undefined);
  }
}
