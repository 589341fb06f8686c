import { defineConfig } from 'vitest/config';

/**
 * `unit`: pure and database tests, side by side. `live`: tests that need the real engine, edge or git (`*.live.test.ts`),
 * one file at a time, because they share one machine. `faults`: the fault scenarios, on a machine of their own.
 */
const shared = {
  server: { deps: { inline: ['drizzle-orm'] } },
  globalSetup: ['./vitest.setup.ts'],
  testTimeout: 20_000,
  hookTimeout: 60_000,
};
/** Source that is data: an example even holds a link to the root folder. */
const notOurs = ['**/node_modules/**', 'server/templates/*/source/**', 'server/build/examples/**'];
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          pool: 'threads',
          maxWorkers: 2,
          include: ['{server,worker,cli,tools,app}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.live.test.ts', ...notOurs],
        },
      },
      {
        test: {
          ...shared,
          name: 'live',
          pool: 'forks',
          fileParallelism: false,
          include: ['{server,worker,cli}/**/*.live.test.ts'],
          exclude: notOurs,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...shared,
          globalSetup: [],
          name: 'faults',
          pool: 'forks',
          fileParallelism: false,
          maxConcurrency: 3,
          include: ['e2e/faults/*.test.ts'],
        },
      },
    ],
  },
});
