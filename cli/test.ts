/**
 * The second half of `npm test`: makes sure of an engine, runs the suites one after the other and sums them.
 * `npm test -- unit live` runs these only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { environmentSchema } from '#server/config.ts';
import { run } from './bootstrap/run.mjs';
import { bold, duration, main, step } from './bootstrap/screen.mjs';
import { readEnvironment, root, stateFolder } from './bootstrap/settings.mjs';
import { ensureEngine, stopEngine } from './platform/engine.ts';
import { prepareStateFolder } from './platform/state.ts';
import { playwrightCounts, sum, vitestCounts, type Counts } from './suites/counts.ts';

interface Suite {
  name: string;
  args: string[];
  report: string;
  count: (report: unknown) => Counts;
}
const reports = mkdtempSync(path.join(tmpdir(), 'slipway-reports-'));
const bin = (name: string): string => path.join(root, 'node_modules', name);

const vitest = (project: string): Suite => {
  const report = path.join(reports, `${project}.json`);
  const args = [bin('vitest/vitest.mjs'), 'run', '--project', project, '--reporter', 'default', '--reporter', 'json', '--outputFile', report]; // prettier-ignore
  return { name: project, args, report, count: vitestCounts };
};
const suites: Suite[] = [
  vitest('unit'),
  vitest('live'),
  {
    name: 'e2e',
    args: [bin('@playwright/test/cli.js'), 'test'],
    report: path.join(root, 'test-results/report.json'), // as playwright.config.ts says
    count: playwrightCounts,
  },
];

/** A suite that leaves no report did not run to its end: one failure. */
async function runSuite({ name, args, report, count }: Suite): Promise<Counts> {
  console.log(`\n${bold(name)}`);
  rmSync(report, { force: true });
  const started = performance.now();
  const { code } = await run(process.execPath, args, { cwd: root, show: true });
  const counts = existsSync(report)
    ? count(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  console.log(`${name}: ${describe(counts)} in ${duration(performance.now() - started)}`);
  return counts;
}

const describe = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

await main(async () => {
  const stateDir = stateFolder();
  prepareStateFolder(stateDir);
  const socket = environmentSchema.shape.SLIPWAY_DOCKER_SOCKET.parse(
    readEnvironment(stateDir)['SLIPWAY_DOCKER_SOCKET'],
  );
  const engine = await step('engine', 'looking for Docker', () => ensureEngine(stateDir, socket));
  const counts: Counts[] = [];
  const chosen = process.argv.slice(2);
  for (const suite of suites.filter(({ name }) => chosen.length === 0 || chosen.includes(name)))
    counts.push(await runSuite(suite));
  if (engine.endsWith('started')) await stopEngine(stateDir);
  rmSync(reports, { recursive: true, force: true });
  const total = sum(counts);
  console.log(`\n${describe(total)}`);
  if (total.failed > 0 || total.skipped > 0 || total.passed === 0) process.exitCode = 1;
});
