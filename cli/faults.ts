/**
 * The long form of the fault tests: many random seeds on the fakes with a real database, then killed processes, a power cut
 * and twenty rolling deploys on the real engine and edge, all at full times. `npm test` runs the same at a tenth.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './bootstrap/run.mjs';
import { duration, main } from './bootstrap/screen.mjs';
import { root } from './bootstrap/settings.mjs';
import { ensureEngine, stopEngine } from './platform/engine.ts';
import { prepareStateFolder } from './platform/state.ts';
import { playwrightCounts, vitestCounts, type Counts } from './suites/counts.ts';

const stateDir = path.join(root, '.slipway-faults');
const bin = (name: string): string => path.join(root, 'node_modules', name);
const readReport = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Random steps and crashes; `seeds` runs of twelve steps each. */
async function runSeeds(seeds: number): Promise<Counts> {
  const report = path.join(root, 'test-results/faults.json');
  const args = ['run', '--project', 'unit', 'server/release/random.test.ts', 'server/release/crash.test.ts', '--reporter', 'default', '--reporter', 'json', '--outputFile', report]; // prettier-ignore
  await run(process.execPath, [bin('vitest/vitest.mjs'), ...args], {
    cwd: root,
    env: { SLIPWAY_FAULT_SEEDS: String(seeds) },
    show: true,
  });
  return vitestCounts(readReport(report));
}

/** Real processes on an installation of its own, at full times. */
async function runStories(): Promise<Counts> {
  const env = { SLIPWAY_E2E_STATE: stateDir, SLIPWAY_E2E_TIME_SCALE: '1' };
  await run(
    process.execPath,
    [
      bin('@playwright/test/cli.js'),
      'test',
      '--project',
      'stories',
      '--project',
      'reboot',
      '--grep',
      /SIGKILL|killed|20 deploys/u.source,
    ],
    { cwd: root, env, show: true },
  );
  return playwrightCounts(readReport(path.join(root, 'test-results/report.json')));
}

await main(async () => {
  const { seeds } = parseArgs({ options: { seeds: { type: 'string', default: '50' } } }).values;
  prepareStateFolder(stateDir);
  const engine = await ensureEngine(stateDir, '/var/run/docker.sock');
  const rows: { name: string; counts: Counts; ms: number }[] = [];
  const measure = async (name: string, work: () => Promise<Counts>): Promise<void> => {
    const started = performance.now();
    rows.push({ name, counts: await work(), ms: performance.now() - started });
  };
  await measure(`random steps and crashes, ${seeds} seeds`, () => runSeeds(Number(seeds)));
  await measure('killed processes, a power cut, 20 rolling deploys', runStories);
  if (engine.endsWith('started')) await stopEngine(stateDir);
  for (const { name, counts, ms } of rows)
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed in ${duration(ms)}`);
  writeFileSync(
    path.join(root, 'docs/faults.json'),
    `${JSON.stringify({ at: new Date().toISOString(), rows }, null, 2)}\n`,
  );
  if (rows.some(({ counts }) => counts.failed > 0)) process.exitCode = 1;
});
