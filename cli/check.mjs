/** `npm run check`: everything that is known without running the program, one timed line each; all of it, also after a failure. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { prepareDependencies } from './bootstrap/prepare.mjs';
import { searchPath } from './bootstrap/programs.mjs';
import { run } from './bootstrap/run.mjs';
import { main, printLine } from './bootstrap/screen.mjs';
import { root } from './bootstrap/settings.mjs';
import { findSuppressions } from './suites/suppressions.mjs';

const sources = ['app', 'cli', 'e2e', 'server', 'tools', 'worker', 'proxy.ts', 'instrumentation.ts'];
/** In order: types need the route types that Next generates. @type {[name: string, file: string, args: string[]][]} */
const tools = [
  ['routes', 'next', ['typegen']],
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'oxlint', []],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['dead code', 'knip', []],
  ['duplication', 'jscpd', ['--silent']],
];

/** @param {string} file @param {string[]} args */
const runTool = (file, args) =>
  run(path.join(root, 'node_modules/.bin', file), args, {
    cwd: root,
    env: { PATH: `${path.join(root, 'node_modules/.bin')}:${searchPath}`, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
  });

/** Comments that silence a tool, in the files that Git knows. */
async function suppressions() {
  const { output } = await run('git', ['ls-files', '-co', '--exclude-standard', ...sources], { cwd: root });
  const files = output.split('\n').filter((file) => /\.(ts|tsx|mjs|css)$/.test(file));
  const found = files.flatMap((file) => findSuppressions(file, readFileSync(path.join(root, file), 'utf8')));
  return { code: found.length === 0 ? 0 : 1, output: found.join('\n') };
}

await main(async () => {
  await prepareDependencies();
  /** @type {[string, () => Promise<{ code: number | null, output: string }>][]} */
  const checks = [
    ...tools.map(
      ([name, file, args]) => /** @type {[string, () => ReturnType<typeof run>]} */ ([name, () => runTool(file, args)]),
    ),
    ['suppressions', suppressions],
  ];
  let failed = 0;
  for (const [name, check] of checks) {
    const started = performance.now();
    const { code, output } = await check();
    const ms = performance.now() - started;
    printLine({ mark: code === 0 ? 'pass' : 'fail', name, detail: code === 0 ? 'clean' : 'not clean', ms });
    if (code === 0) continue;
    failed += 1;
    console.log(output.trimEnd().slice(-20_000));
  }
  console.log(`\n${checks.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
