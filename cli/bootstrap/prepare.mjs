/** From a bare clone to a machine on which the TypeScript half of a command can run. Safe and quick to repeat. */
import path from 'node:path';
import { spawn } from 'node:child_process';
import { checkMachine, missingPackages } from './checks.mjs';
import { dependenciesAreCurrent, installDependencies } from './dependencies.mjs';
import { inspectMachine } from './machine.mjs';
import { aptInstall, searchPath } from './programs.mjs';
import { printLine, step, Stop } from './screen.mjs';
import { root, stateFolder } from './settings.mjs';

/**
 * Checks the machine, then installs what is missing.
 * @param {readonly import('./programs.mjs').Program[]} programs
 * @param {{ ports: boolean }} [options] whether the edge's ports matter
 * @throws {Stop} when a check fails that Slipway cannot mend itself
 */
export async function prepareMachine(programs, options = { ports: true }) {
  const machine = await inspectMachine({ stateDir: stateFolder(), programs });
  const checks = checkMachine(machine).filter(({ name }) => options.ports || name !== 'ports');
  for (const check of checks) printLine(check);
  const failed = checks.filter((check) => check.mark === 'fail').length;
  if (failed > 0) throw new Stop(`${failed} of ${checks.length} checks failed. Mend them and run the command again.`);
  const missing = missingPackages(machine.programs);
  if (missing.length > 0) await step('packages', `installing ${missing.join(' ')}`, () => installPackages(missing));
}

const started = Date.now();

/** @param {string[]} packages @returns {Promise<string>} */
async function installPackages(packages) {
  const { ok, output } = await aptInstall(packages);
  if (!ok)
    throw new Stop(
      `apt could not install ${packages.join(' ')}. Its last words:\n${output.trim().split('\n').slice(-10).join('\n')}`,
    );
  return `installed ${packages.join(' ')}`;
}

/** Installs the locked npm packages when they are not there in exactly these versions. */
export async function prepareDependencies() {
  if (dependenciesAreCurrent(root)) return;
  await step('dependencies', 'installing the locked packages', async () => {
    await installDependencies(root);
    return 'installed from the lockfile';
  });
}

/**
 * Goes on under Node 24, in the same terminal; resolves with its exit code.
 * @param {string} script path below the repository @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function continueOnNode24(script, args) {
  const node = path.join(root, 'node_modules/.bin/node');
  const env = {
    SLIPWAY_STARTED_AT: String(started),
    ...process.env,
    PATH: `${path.join(root, 'node_modules/.bin')}:${searchPath}`,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [path.join(root, script), ...args], { cwd: root, stdio: 'inherit', env });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
