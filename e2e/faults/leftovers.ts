/** Ends what a run that was cut off left behind: processes, mounts, bridges and rules, all found by the names that only it had. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readInstallation } from '#cli/platform/state.ts';
import { stopBuilder } from '#server/build/builder-engine.ts';
import { exec } from '#server/exec.ts';
import { createLogger } from '#server/log.ts';
import { createFirewall } from '#server/runtime/firewall.ts';
import { bridgeOf } from './engine.ts';

export const prefix = '/tmp/slwf-';
export const runFolder = (tag: string): string => `/run/slwf-${tag}`;
const ownerFile = 'suite.pid';

/** Says whose folder it is: one whose process lives is left alone. */
export const claimFolder = (stateDir: string): void =>
  writeFileSync(path.join(stateDir, ownerFile), String(process.pid));

function pidsWith(texts: readonly string[]): number[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return pid !== process.pid && texts.some((text) => command.includes(text));
    } catch {
      return false;
    }
  }); // prettier-ignore
}

async function clean(stateDir: string): Promise<void> {
  const installation = readInstallation(stateDir);
  const run = runFolder(installation?.tag ?? 'none');
  for (let round = 0; round < 3; round += 1) {
    for (const pid of pidsWith([`${stateDir}/`, `${run}/`])) process.kill(pid, 'SIGKILL');
    await sleep(200);
  }
  if (installation) {
    await stopBuilder({ stateDir, SLIPWAY_DOCKER_SOCKET: '', SLIPWAY_BUILD_MEMORY_MIB: 0, SLIPWAY_BUILD_DISK_GIB: 0 });
    const log = createLogger({}, () => undefined);
    await createFirewall({ tag: installation.tag, openPorts: [], log }).remove(AbortSignal.timeout(20_000));
    await exec('ip', ['link', 'delete', bridgeOf(run)]);
    const { stdout } = await exec('ip', ['-o', 'link', 'show', 'type', 'bridge']);
    for (const [, bridge = ''] of stdout.matchAll(/: (\S+?):/g))
      if (bridge.startsWith(`slw-${installation.tag}-`)) await exec('ip', ['link', 'delete', bridge]);
  }
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? ''); // prettier-ignore
  for (const mount of mounts.toReversed())
    if (mount.startsWith(`${stateDir}/`) || mount.startsWith(`${run}/`)) await exec('umount', ['-l', mount]);
  rmSync(run, { recursive: true, force: true });
  rmSync(stateDir, { recursive: true, force: true });
}

/** Cleans up after every earlier run that is over. */
export async function cleanLeftovers(): Promise<void> {
  const names = readdirSync(path.dirname(prefix)).filter((name) => name.startsWith(path.basename(prefix)));
  for (const stateDir of names.map((name) => path.join(path.dirname(prefix), name))) {
    const owner = path.join(stateDir, ownerFile);
    const pid = existsSync(owner) ? readFileSync(owner, 'utf8') : '';
    if (pid === '' || !existsSync(`/proc/${pid}`)) await clean(stateDir);
  }
}
