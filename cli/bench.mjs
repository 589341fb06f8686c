/** `npm run bench [-- --check]`: the figures of the README on this machine, at full times; writes `docs/bench.json`. */
import { continueOnNode24, prepareDependencies, prepareMachine } from './bootstrap/prepare.mjs';
import { platformPrograms, testPrograms } from './bootstrap/programs.mjs';
import { main } from './bootstrap/screen.mjs';

await main(async () => {
  await prepareMachine([...platformPrograms, ...testPrograms], { ports: false });
  await prepareDependencies();
  process.exitCode = await continueOnNode24('cli/bench.ts', process.argv.slice(2));
});
