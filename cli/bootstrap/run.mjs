/** Starts programs for the bootstrap, which runs on Node 18 before anything is installed. Never a shell. */
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end; `code` is null when it cannot be started.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean }} [options] `show` passes the
 *   terminal through instead of collecting the output.
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream
        ?.setEncoding('utf8')
        .on('data', (/** @type {string} */ text) => (output = (output + text).slice(-200_000)));
    }
    child.once('error', () => resolve({ code: null, output }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
