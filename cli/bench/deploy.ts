/** Deploy → live of an unchanged one-component app, against `docker build` + `run` + accept of the same app; alternating pairs. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { deploy } from '#e2e/program.ts';
import type { Place, Program } from '#e2e/program.ts';
import type { Figure } from './figure.ts';

const accepts = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 200 }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('timeout', () => resolve(false)).on('close', () => socket.destroy());
  }); // prettier-ignore

/** What a person would do by hand on the same engine: cached build, start, wait until the port accepts. Milliseconds. */
async function byHand(folder: string, port: number): Promise<number> {
  const docker = (...args: string[]): string =>
    execFileSync('/usr/bin/docker', args, {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', DOCKER_BUILDKIT: '1', NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const started = performance.now();
  const image = docker('build', '-q', folder);
  const id = docker('run', '-d', '-e', `PORT=${port}`, image);
  try {
    const address = docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', id);
    while (!(await accepts(address, port))) await new Promise((resolve) => setTimeout(resolve, 10));
    return performance.now() - started;
  } finally {
    docker('rm', '-f', id);
  }
}

/** @param folder holds a Dockerfile `FROM` the image that the app's release runs. */
export async function benchDeploy(program: Program, place: Place, folder: string, pairs: number): Promise<Figure> {
  const [samples, reference]: [number[], number[]] = [[], []];
  await byHand(folder, 3000); // fills the build cache, as a first deploy did for ours
  for (let pair = 0; pair < pairs; pair += 1) {
    reference.push(await byHand(folder, 3000));
    const started = performance.now();
    const release = await deploy(program, place);
    if (release.outcome !== 'live') throw new Error(`release ${release.number} ended as ${release.outcome}`);
    samples.push(performance.now() - started);
  }
  return {
    name: 'deploy to live, unchanged one-component app',
    unit: 'ms',
    samples,
    reference,
    judged: 'difference',
    note: 'against docker build + run + accept',
  };
}
