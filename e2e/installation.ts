/** Playwright's global set-up: a fresh installation by `npm run up`; afterwards everything it started is stopped and removed. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { installationEnvironment, stateFolder } from './environment.ts';

export function npmRun(script: string, args: readonly string[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
      env: { ...process.env, ...installationEnvironment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`npm run ${script} ended with ${code}:\n${output.slice(-4000)}`)),
    );
  });
}

export default async function setUp(): Promise<() => Promise<void>> {
  await npmRun('down', ['--purge']);
  rmSync(stateFolder, { recursive: true, force: true });
  process.stdout.write(await npmRun('up'));
  return async () => {
    await npmRun('down', ['--purge']);
  };
}
