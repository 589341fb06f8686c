/** `npm run down`: stops Slipway. Applications, HAProxy and the engine go on serving; `-- --apps` stops these too. */
import { parseArgs } from 'node:util';
import { main, printLine, step } from './bootstrap/screen.mjs';
import { stateFolder } from './bootstrap/settings.mjs';
import { stopPostgres } from './platform/postgres.ts';
import { stopSupervisor } from './platform/supervision.ts';

const stateDir = stateFolder();

await main(async () => {
  const { values } = parseArgs({ options: { apps: { type: 'boolean', default: false } } });
  const stopped = (was: boolean): string => (was ? 'stopped' : 'did not run');
  await step('processes', 'stopping Slipway', async () => stopped(await stopSupervisor(stateDir)));
  await step('database', 'stopping PostgreSQL', async () => stopped(await stopPostgres(stateDir)));
  if (!values.apps)
    printLine({ mark: 'note', name: 'applications', detail: 'go on serving; `npm run down -- --apps` stops them' });
});
