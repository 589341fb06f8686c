/**
 * `npm run up`: from a clone to a running Slipway, and back to the prompt. This half runs on Node 18 or newer without
 * any package; it checks the machine, installs what is missing and hands over to `up.ts` on Node 24.
 */
import { continueOnNode24, prepareDependencies, prepareMachine } from './bootstrap/prepare.mjs';
import { platformPrograms } from './bootstrap/programs.mjs';
import { bold, main } from './bootstrap/screen.mjs';

await main(async () => {
  console.log(`${bold('Slipway')} checks this machine`);
  await prepareMachine(platformPrograms);
  await prepareDependencies();
  process.exitCode = await continueOnNode24('cli/up.ts', process.argv.slice(2));
});
