/** The benchmarks: an installation of their own, one after the other, each with its reference from the same minutes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchAbort } from './bench/abort.ts';
import { benchDeploy } from './bench/deploy.ts';
import { benchEdge } from './bench/edge.ts';
import { describeFigure, judgedValue, median, meets, type Figure } from './bench/figure.ts';
import { goals } from './bench/goals.ts';
import { benchIsolation } from './bench/isolation.ts';
import { benchTakeover } from './bench/takeover.ts';
import { benchMemory } from './bench/memory.ts';
import { benchRollback } from './bench/rollback.ts';
import { benchQueue } from './bench/queue.ts';
import { main } from './bootstrap/screen.mjs';
import { stateFolder } from '#e2e/environment.ts';
import { openDatabaseClient } from '#e2e/facts.ts';
import { signedIn } from '#e2e/first-account.ts';
import { startGitServer } from '#e2e/git-server.ts';
import { npmRun } from '#e2e/installation.ts';
import { makeGitProject } from '#e2e/places.ts';
import { deploy } from '#e2e/program.ts';

async function timeUp(): Promise<number> {
  const started = performance.now();
  await npmRun('up');
  return (performance.now() - started) / 1000;
}

async function benchUp(): Promise<Figure[]> {
  await npmRun('down', ['--purge']);
  const first = await timeUp();
  const again: number[] = [];
  for (let round = 0; round < 3; round += 1) again.push(await timeUp());
  const note = 'packages and apt parts present; new state folder';
  return [
    { name: 'npm run up, first', unit: 's', samples: [first], judged: 'value', note },
    { name: 'npm run up, again', unit: 's', samples: again, judged: 'value' },
  ];
}

/** Deploy → live of an app, and how it fares beside a build bomb. */
async function benchOneApp(pairs: number): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-bench-'));
  const server = await startGitServer(18_490);
  try {
    server.create('bench', 'e2e/apps/rolling');
    const program = await signedIn();
    const place = await makeGitProject(program, server, 'bench', { size: { memoryMib: 128 } });
    await deploy(program, place, 300_000);
    const sql = openDatabaseClient();
    const [artifact] = await sql<
      { reference: string }[]
    >`select reference from artifacts order by created_at desc limit 1`;
    await sql.end();
    writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${artifact?.reference ?? ''}\nCOPY note.txt /tmp/note.txt\n`);
    writeFileSync(path.join(folder, 'note.txt'), 'the same every time\n');
    return [
      await benchDeploy(program, place, folder, pairs),
      await benchIsolation(program, server, place.host, Math.ceil(pairs / 2)),
      await benchAbort(program, server),
      ...(await benchRollback(program, server, Math.max(3, Math.ceil(pairs / 2)))),
      await benchTakeover(program, place, pairs * 5),
    ];
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  const { check, pairs, idle } = parseArgs({
    options: { check: { type: 'boolean', default: false }, pairs: { type: 'string', default: '10' }, idle: { type: 'string', default: '10' } },
  }).values; // prettier-ignore
  const figures: Figure[] = [];
  const report = (figure: Figure): void => {
    figures.push(figure);
    console.log(describeFigure(figure, goals[figure.name]));
  };
  try {
    for (const figure of await benchUp()) report(figure);
    for (const figure of await benchOneApp(Number(pairs))) report(figure);
    for (const figure of await benchMemory(path.resolve(stateFolder), Number(idle) * 60_000)) report(figure);
  } finally {
    await npmRun('down', ['--purge']);
  }
  report(await benchEdge());
  report(await benchQueue());
  const results = figures.map((figure) => ({
    ...figure,
    median: median(figure.samples),
    judgedValue: judgedValue(figure),
    goal: goals[figure.name] ?? null,
  }));
  const machine = { cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9), at: new Date().toISOString() };
  writeFileSync('docs/bench.json', `${JSON.stringify({ machine, results }, null, 2)}\n`);
  const missed = results.filter(({ goal, judgedValue: value }) => goal && !meets(value, goal));
  if (check && missed.length > 0) process.exitCode = 1;
});
