/** `npm run code`: see `code.ts`, which runs on the Node 24 that `npm run up` installed. */
import { continueOnNode24, prepareDependencies } from './bootstrap/prepare.mjs';
import { main } from './bootstrap/screen.mjs';

await main(async () => {
  await prepareDependencies();
  process.exitCode = await continueOnNode24('cli/code.ts', process.argv.slice(2));
});
