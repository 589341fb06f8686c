/** `npm run bench [-- --check]`: the figures of the README on this machine, at full times; writes `docs/bench.json`. */
import { continueOnNode24, prepareDependencies, prepareMachine } from './bootstrap/prepare.mjs';
import { benchPrograms, platformPrograms, testPrograms } from './bootstrap/programs.mjs';
import { main } from './bootstrap/screen.mjs';

await main(async () => {
  await prepareMachine([...platformPrograms, ...testPrograms, ...benchPrograms], { ports: false });
  await prepareDependencies();
  // The installation of the benchmarks: its own folder, full times.
  process.env['SLIPWAY_E2E_STATE'] = '.slipway-bench';
  process.env['SLIPWAY_E2E_TIME_SCALE'] = '1';
  process.exitCode = await continueOnNode24('cli/bench.ts', process.argv.slice(2));
});
