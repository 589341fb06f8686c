/** What a person would do with the same engine and no platform: the reference of release benchmarks. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';

export const docker = (...args: string[]): string =>
  execFileSync('/usr/bin/docker', args, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', DOCKER_BUILDKIT: '1', NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

const accepts = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 200 }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('timeout', () => resolve(false)).on('close', () => socket.destroy());
  }); // prettier-ignore

/** Starts the image and waits until its port accepts: what the application needs to boot. Milliseconds. */
export async function boot(image: string, port: number): Promise<number> {
  const started = performance.now();
  const id = docker('run', '-d', '-e', `PORT=${port}`, image);
  try {
    const address = docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', id);
    while (!(await accepts(address, port))) await new Promise((resolve) => setTimeout(resolve, 10));
    return performance.now() - started;
  } finally {
    docker('rm', '-f', id);
  }
}
