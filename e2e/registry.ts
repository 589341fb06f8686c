/** A real image registry on loopback, from Debian's package, unpacked and not installed: no service of the machine. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const port = 18_492;
const cache = path.resolve('node_modules/.cache/slipway/registry');
const docker = (...args: string[]): string =>
  execFileSync('/usr/bin/docker', args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production' } });

function registryProgram(): string {
  const program = path.join(cache, 'usr/bin/docker-registry');
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const apt = (command: string, ...args: string[]): void => {
    execFileSync('/usr/bin/apt-get', ['-q', command, ...args], { cwd: cache, stdio: 'pipe' });
  };
  try {
    apt('download', 'docker-registry');
  } catch {
    apt('update');
    apt('download', 'docker-registry');
  }
  const file = readdirSync(cache).find((name) => name.endsWith('.deb')) ?? '';
  execFileSync('/usr/bin/dpkg-deb', ['-x', path.join(cache, file), cache]);
  return program;
}

const accepts = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });

export interface Registry {
  /** Copies an image of the engine into the registry and forgets it in the engine. Answers `name@sha256:…`. */
  keep(reference: string, name: string): string;
  close(): Promise<void>;
}

/** Listens once this resolves. Docker speaks plain http with registries on loopback. */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-registry-'));
  const config = path.join(folder, 'config.yml');
  writeFileSync(config, JSON.stringify({
    version: 0.1, log: { level: 'error' }, storage: { filesystem: { rootdirectory: folder } }, http: { addr: `127.0.0.1:${String(port)}` },
  })); // prettier-ignore
  const child = spawn(registryProgram(), ['serve', config], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await accepts())) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${String(child.exitCode)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    keep: (reference, name) => {
      const target = `127.0.0.1:${String(port)}/${name}:latest`;
      docker('tag', reference, target);
      const digest = /sha256:[a-f0-9]{64}/u.exec(docker('push', target))?.[0];
      docker('rmi', target);
      if (!digest) throw new Error('the push answered no digest');
      return `${target.slice(0, -':latest'.length)}@${digest}`;
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
