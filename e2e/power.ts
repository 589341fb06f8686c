/** What a power cut does, as far as one machine can try it on itself. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stateFolder } from './environment.ts';
import { installationId } from './facts.ts';

const docker = (...args: string[]): string[] =>
  execFileSync('/usr/bin/docker', args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production' } })
    .split('\n')
    .filter(Boolean);

/** HAProxy of this installation: master and workers. */
export const edgePids = (): number[] =>
  readdirSync('/proc').filter((entry) => /^\d+$/u.test(entry)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'haproxy' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path.resolve(stateFolder));
    } catch {
      return false;
    }
  }); // prettier-ignore

/** The engine, where `npm test` or `npm run up` of this checkout started it: another one is not ours to kill. */
function ownEngine(): number | null {
  const file = [stateFolder, '.slipway'].map((folder) => path.join(folder, 'run', 'dockerd.pid')).find(existsSync);
  const pid = file ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
  return pid > 0 && existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd'
    ? pid
    : null;
}

/** Kills the engine, where it is ours, and then the main process of every container, all without warning. */
export function cutPower(): void {
  const ids = docker('ps', '-q', '--filter', `label=slipway.installation=${installationId()}`);
  const pids = ids.length === 0 ? [] : docker('inspect', '-f', '{{.State.Pid}}', ...ids).map(Number);
  const engine = ownEngine();
  for (const pid of [...(engine ? [engine] : []), ...edgePids(), ...pids]) process.kill(pid, 'SIGKILL');
}
