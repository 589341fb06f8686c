/**
 * The long form of the fault tests: every scenario on the real engine, edge and PostgreSQL at full times with as many
 * random seeds as are asked for, the same on the fakes, and the stories that kill processes. Prints the table with a
 * histogram of what was done, and writes it to `docs/faults.json`. `npm test` runs the scenarios at a tenth.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { run } from './bootstrap/run.mjs';
import { duration, main } from './bootstrap/screen.mjs';
import { root } from './bootstrap/settings.mjs';
import { ensureEngine, stopEngine } from './platform/engine.ts';
import { prepareStateFolder } from './platform/state.ts';
import { playwrightCounts, vitestCounts, type Counts } from './suites/counts.ts';

const stateDir = path.join(root, '.slipway-faults');
const results = path.join(root, 'test-results');
const bin = (name: string): string => path.join(root, 'node_modules', name);
const readReport = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

async function runVitest(args: readonly string[], env: Record<string, string>): Promise<Counts> {
  const report = path.join(results, 'faults.json');
  rmSync(report, { force: true });
  const all = [bin('vitest/vitest.mjs'), 'run', ...args, '--reporter', 'default', '--reporter', 'json', '--outputFile', report]; // prettier-ignore
  await run(process.execPath, all, { cwd: root, env, show: true });
  return vitestCounts(readReport(report));
}

/** Real processes of a whole installation. */
async function runStories(scale: number): Promise<Counts> {
  const env = { SLIPWAY_E2E_STATE: stateDir, SLIPWAY_E2E_TIME_SCALE: String(scale) };
  const args = ['test', '--project', 'stories', '--project', 'reboot', '--grep', 'SIGKILL|killed|20 deploys'];
  await run(process.execPath, [bin('@playwright/test/cli.js'), ...args], { cwd: root, env, show: true });
  return playwrightCounts(readReport(path.join(results, 'report.json')));
}

const tableSchema = z.object({
  scale: z.number(),
  rows: z.array(
    z.object({ id: z.string(), title: z.string(), result: z.string(), ms: z.number(), operations: z.record(z.string(), z.number()) }),
  ),
}); // prettier-ignore
type Table = z.output<typeof tableSchema>;

/** How often each operation was done over all scenarios, most first. */
function histogramOf({ rows }: Table): [string, number][] {
  const counts = new Map<string, number>();
  for (const { operations } of rows)
    for (const [name, count] of Object.entries(operations)) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

function show(table: Table): void {
  for (const { id, title, result, ms } of table.rows)
    console.log(`${id.padEnd(13)} ${result === 'passed' || result === 'failed' ? `${result} in ${duration(ms)}` : result}  ${title}`); // prettier-ignore
  const histogram = histogramOf(table);
  const most = Math.max(1, ...histogram.map(([, count]) => count));
  console.log('\nWhat was done:');
  for (const [name, count] of histogram)
    console.log(`${String(count).padStart(6)} ${'█'.repeat(Math.ceil((count / most) * 40)).padEnd(40)} ${name}`);
}

await main(async () => {
  const { seeds, scale, stories } = parseArgs({
    options: { seeds: { type: 'string', default: '50' }, scale: { type: 'string', default: '1' }, stories: { type: 'boolean', default: true } },
    allowNegative: true,
  }).values; // prettier-ignore
  prepareStateFolder(stateDir);
  const engine = await ensureEngine(stateDir, '/var/run/docker.sock');
  const rows: { name: string; counts: Counts; ms: number }[] = [];
  const measure = async (name: string, work: () => Promise<Counts>): Promise<void> => {
    const started = performance.now();
    rows.push({ name, counts: await work(), ms: Math.round(performance.now() - started) });
  };
  const fakes = ['--project', 'unit', 'server/release/random.test.ts', 'server/release/crash.test.ts', 'server/release/mutants.test.ts']; // prettier-ignore
  const onReal = { SLIPWAY_FAULT_FORM: 'long', SLIPWAY_FAULT_SEEDS: seeds, SLIPWAY_FAULT_SCALE: scale };
  await measure(`mutants, crashes and ${seeds} random seeds on the fakes`, () => runVitest(fakes, { SLIPWAY_FAULT_SEEDS: seeds })); // prettier-ignore
  await measure(`scenarios and ${seeds} random seeds at ${scale} of the times`, () => runVitest(['--project', 'faults'], onReal)); // prettier-ignore
  if (stories) await measure('killed processes, a power cut, 20 rolling deploys', () => runStories(Number(scale)));
  if (engine.endsWith('started')) await stopEngine(stateDir);
  const table = tableSchema.parse(readReport(path.join(results, 'faults-table.json')));
  show(table);
  for (const { name, counts, ms } of rows)
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed in ${duration(ms)}`);
  const report = { at: new Date().toISOString(), seeds: Number(seeds), scale: table.scale, suites: rows, scenarios: table.rows, operations: Object.fromEntries(histogramOf(table)) }; // prettier-ignore
  writeFileSync(path.join(root, 'docs/faults.json'), `${JSON.stringify(report, null, 2)}\n`);
  if (rows.some(({ counts }) => counts.failed > 0)) process.exitCode = 1;
});
