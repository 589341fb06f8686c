/**
 * `npm test`: every suite on the real parts, summed in one last line `N passed, N failed, N skipped`. A skipped test
 * fails the run: what does not run proves nothing.
 */
import { continueOnNode24, prepareDependencies, prepareMachine } from './bootstrap/prepare.mjs';
import { platformPrograms, testPrograms } from './bootstrap/programs.mjs';
import { main } from './bootstrap/screen.mjs';

await main(async () => {
  await prepareMachine([...platformPrograms, ...testPrograms], { ports: false });
  await prepareDependencies();
  process.exitCode = await continueOnNode24('cli/test.ts', process.argv.slice(2));
});
