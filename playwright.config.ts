import { defineConfig } from '@playwright/test';

/** One real installation of its own for all specs: real engine, edge, database; lease and deadline times at a tenth. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/installation.ts',
  // First run needs an installation without accounts; the reboot comes when nothing else runs.
  projects: [
    { name: 'first-run', testMatch: 'first-run.spec.ts' },
    { name: 'stories', testIgnore: ['first-run.spec.ts', 'reboot.spec.ts'], dependencies: ['first-run'] },
    { name: 'reboot', testMatch: 'reboot.spec.ts', dependencies: ['stories'] },
  ],
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: process.env['CI']
    ? [['list'], ['json', { outputFile: 'test-results/report.json' }]]
    : [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  use: {
    baseURL: 'http://slipway.localhost:18480',
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
      ], // prettier-ignore
    },
  },
});
