/** p99 of an app while a build takes all it can get (memory, processes, CPU), against its p99 in quiet; alternating pairs. */
import { Agent } from 'node:http';
import { ports } from '#e2e/environment.ts';
import type { GitServer } from '#e2e/git-server.ts';
import { send } from '#e2e/load.ts';
import { makeGitProject } from '#e2e/places.ts';
import { waitForEnd, type Program } from '#e2e/program.ts';
import type { Figure } from './figure.ts';

const clients = 4;
const pauseMs = 10;

/** p99 in milliseconds of steady requests until `until` resolves. */
async function p99(host: string, until: Promise<unknown>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let over = false;
  const loop = async (): Promise<void> => {
    while (!over) {
      const started = performance.now();
      await send({ host, port: ports.http }, { path: '/', agent });
      times.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const loops = Array.from({ length: clients }, loop);
  await until;
  over = true;
  await Promise.all(loops);
  agent.destroy();
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

/** Every bomb differs, so that no cache answers; it ends by its limit. */
const bomb = (round: number): string =>
  `FROM node:24-bookworm-slim\nRUN node --max-old-space-size=16000 -e "const a=[];for(let i=${round};;i++){a.push(Buffer.alloc(4e6,i%250+1))}"\n`;

export async function benchIsolation(
  program: Program,
  server: GitServer,
  host: string,
  pairs: number,
): Promise<Figure> {
  server.create('bomb', 'e2e/apps/rolling');
  const place = await makeGitProject(program, server, 'bomb');
  const [samples, reference]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    reference.push(await p99(host, new Promise((resolve) => setTimeout(resolve, 5000))));
    server.commit('bomb', { Dockerfile: bomb(Date.now() % 1_000_000) }, 'Take all');
    const { releaseId } = await program.api.releases.request.mutate({
      org: place.org,
      deploymentId: place.deploymentId,
      kind: 'deploy',
    });
    samples.push(await p99(host, waitForEnd(program, place.org, releaseId)));
  }
  return {
    name: "an app's p99 while a build takes all it can",
    unit: 'ms',
    samples,
    reference,
    judged: 'ratio',
    note: 'against its p99 in quiet',
  };
}
