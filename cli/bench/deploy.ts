/** Deploy → live of an unchanged one-component app, against `docker build` + `run` + accept of the same app; alternating pairs. */
import { deploy } from '#e2e/program.ts';
import type { Place, Program } from '#e2e/program.ts';
import { boot, docker } from './by-hand.ts';
import type { Figure } from './figure.ts';

/** What a person would do by hand on the same engine: cached build, start, wait until the port accepts. Milliseconds. */
async function byHand(folder: string, port: number): Promise<number> {
  const started = performance.now();
  const image = docker('build', '-q', folder);
  return performance.now() - started + (await boot(image, port));
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
