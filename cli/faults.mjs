/** `npm run faults [-- --seeds 200]`: faults at full times, on the real engine, edge and database; writes `docs/faults.json`. */
import { continueOnNode24, prepareDependencies, prepareMachine } from './bootstrap/prepare.mjs';
import { faultPrograms, platformPrograms, testPrograms } from './bootstrap/programs.mjs';
import { main } from './bootstrap/screen.mjs';

await main(async () => {
  await prepareMachine([...platformPrograms, ...testPrograms, ...faultPrograms], { ports: false });
  await prepareDependencies();
  process.exitCode = await continueOnNode24('cli/faults.ts', process.argv.slice(2));
});
