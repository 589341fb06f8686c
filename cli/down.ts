/**
 * `npm run down`: stops Slipway. Applications, HAProxy and the engine go on serving. `-- --apps` stops these too, and the
 * next `up` starts them again. `-- --purge` removes the installation: applications, networks, database, state folder.
 */
import { existsSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { releaseVolumes } from '#server/volumes/local/driver.ts';
import { loadConfig, type Config } from '#server/config.ts';
import { stopBuilder } from '#server/build/builder-engine.ts';
import { createHaproxyEdge } from '#server/edge/haproxy/driver.ts';
import { main, printLine, step } from './bootstrap/screen.mjs';
import { readEnvironment, stateFolder } from './bootstrap/settings.mjs';
import { removeApplications, stopApplications } from './platform/applications.ts';
import { stopEngine } from './platform/engine.ts';
import { removeImages } from './platform/images.ts';
import { removePostgres, stopPostgres } from './platform/postgres.ts';
import { statePaths } from './platform/state.ts';
import { stopSupervisor } from './platform/supervision.ts';

const stateDir = stateFolder();
const stopped = (was: boolean): string => (was ? 'stopped' : 'did not run');

await main(async () => {
  const flag = { type: 'boolean', default: false } as const;
  const { apps, purge } = parseArgs({ options: { apps: flag, purge: flag } }).values;
  if (!existsSync(statePaths(stateDir).installation)) {
    printLine({ mark: 'note', name: 'processes', detail: `nothing was started from ${stateDir}` });
    return;
  }
  const config = loadConfig({ ...readEnvironment(stateDir), NODE_ENV: 'production', SLIPWAY_STATE: stateDir });
  await step('processes', 'stopping Slipway', async () => stopped(await stopSupervisor(stateDir)));
  await step('builder', 'stopping the build engine', async () => {
    await stopBuilder(config);
    return 'stopped';
  });
  if (apps || purge) await stopServing(config, purge);
  await step('database', 'stopping PostgreSQL', async () => stopped(await stopPostgres(stateDir)));
  if (purge) await step('state', 'removing the installation', removeState);
  else if (!apps)
    printLine({ mark: 'note', name: 'applications', detail: 'serve on; `npm run down -- --apps` stops them' });
});

async function stopServing(config: Config, purge: boolean): Promise<void> {
  const socket = config.SLIPWAY_DOCKER_SOCKET;
  await step('applications', 'stopping the applications', async () => {
    const count = await stopApplications(stateDir, socket);
    if (purge) await removeApplications(stateDir, socket);
    return `${count} instances ${purge ? 'removed' : 'stopped'}`;
  });
  if (purge) await step('images', 'removing images', async () => `${await removeImages(config)} removed`);
  await step('edge', 'stopping HAProxy', async () => {
    await createHaproxyEdge(config).stop();
    return 'stopped';
  });
  await step('engine', 'stopping Docker', async () =>
    (await stopEngine(stateDir)) ? 'stopped' : 'was not started by Slipway and runs on',
  );
}

async function removeState(): Promise<string> {
  await releaseVolumes(stateDir, new AbortController().signal);
  removePostgres(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
  return `removed ${stateDir}`;
}
