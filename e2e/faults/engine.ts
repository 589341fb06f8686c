/** A Docker engine of the suite's own: scenarios kill and restart it, and nobody else's containers notice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '#cli/platform/daemon.ts';
import { engineVersion } from '#cli/platform/engine.ts';
import { exec, execOk } from '#server/exec.ts';

/** The engine's default bridge. @param run its folder */
export const bridgeOf = (run: string): string => `${path.basename(run)}-d`.slice(-15);

export class OwnEngine {
  readonly socket: string;
  readonly #folder: string;
  readonly #run: string;
  readonly #bridge: string;
  #child: ChildProcess | null = null;
  #liveRestore = true;

  /** @param run a short path: sockets are below it. */
  constructor(folder: string, run: string) {
    this.#folder = folder;
    this.#run = run;
    this.#bridge = bridgeOf(run);
    this.socket = path.join(run, 'docker.sock');
  }

  async start(liveRestore = true): Promise<void> {
    this.#liveRestore = liveRestore;
    mkdirSync(this.#run, { recursive: true });
    rmSync(path.join(this.#run, 'docker.pid'), { force: true });
    const containerd = path.join(this.#run, 'containerd/containerd.pid');
    // After a kill its number may belong to a zombie that nobody collects; dockerd would wait for it.
    if (existsSync(containerd) && !isRunning(Number(readFileSync(containerd, 'utf8')), 'containerd'))
      rmSync(containerd);
    const file = path.join(this.#folder, 'dockerd.json');
    mkdirSync(this.#folder, { recursive: true });
    await this.#makeBridge();
    // No rules of its own in the machine's tables: another engine has them. Instances reach nothing outside, and need nothing.
    writeFileSync(
      file,
      JSON.stringify({
        'data-root': path.join(this.#folder, 'data'), 'exec-root': this.#run, pidfile: path.join(this.#run, 'docker.pid'), hosts: [`unix://${this.socket}`],
        bridge: this.#bridge, iptables: false, 'ip-masq': false, 'live-restore': liveRestore, 'storage-driver': 'overlay2', 'log-level': 'warn',
        'exec-opts': ['native.cgroupdriver=cgroupfs'], 'cgroup-parent': `/${path.basename(this.#run)}`, 'log-driver': 'json-file', 'userland-proxy': false,
      }),
    ); // prettier-ignore
    const log = openSync(path.join(this.#folder, 'dockerd.log'), 'a');
    this.#child = spawn('dockerd', ['--config-file', file], { stdio: ['ignore', log, log], detached: true });
    for (let tries = 0; (await engineVersion(this.socket)) === null; tries += 1) {
      if (tries > 600) throw new Error(`The engine did not start; see ${this.#folder}/dockerd.log`);
      await sleep(50);
    }
  }
  /**
   * A default bridge of its own that nothing uses: an engine told to have none removes `docker0`, which is the other
   * engine's.
   */
  async #makeBridge(): Promise<void> {
    if (existsSync(`/sys/class/net/${this.#bridge}`)) return;
    await execOk('ip', ['link', 'add', this.#bridge, 'type', 'bridge']);
    await execOk('ip', ['address', 'add', '192.0.2.1/28', 'dev', this.#bridge]);
    await execOk('ip', ['link', 'set', this.#bridge, 'up']);
  }
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  async restart(signal: NodeJS.Signals, liveRestore = this.#liveRestore): Promise<void> {
    await this.kill(signal);
    await this.start(liveRestore);
  }
  docker(...args: string[]): Promise<string[]> {
    return exec('/usr/bin/docker', ['-H', `unix://${this.socket}`, ...args]).then(({ stdout }) =>
      stdout.split('\n').filter(Boolean),
    );
  }
  /** Ends every container and the engine; removes nothing. */
  async dispose(): Promise<void> {
    const ids = await this.docker('ps', '-aq');
    if (ids.length > 0) await this.docker('rm', '-f', ...ids);
    const networks = await this.docker('network', 'ls', '-q', '--filter', 'type=custom');
    if (networks.length > 0) await this.docker('network', 'rm', ...networks);
    await this.kill('SIGTERM');
    await exec('umount', ['-l', path.join(this.#run, 'netns/default')]);
    await exec('ip', ['link', 'delete', this.#bridge]);
    rmSync(this.#run, { recursive: true, force: true });
  }
}
