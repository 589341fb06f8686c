/** Abort click → aborted, at different moments of a build and of a start that never gets ready; its 95th percentile. */
import { processesWith } from '#e2e/facts.ts';
import type { GitServer } from '#e2e/git-server.ts';
import { makeGitProject } from '#e2e/places.ts';
import { type Program, waitForEnd } from '#e2e/program.ts';
import type { Figure } from './figure.ts';

const building = 'FROM node:24-bookworm-slim\nRUN echo started && sleep 777\n';
const neverReady = 'FROM node:24-bookworm-slim\nCMD ["sleep", "778"]\n';
/** After the request; the phases between are passed at other moments on each machine. */
const momentsMs = [0, 100, 300, 600, 1000, 1500, 2500, 4000, 6000, 9000];

export async function benchAbort(program: Program, server: GitServer): Promise<Figure> {
  server.create('stopped', 'e2e/apps/rolling');
  const place = await makeGitProject(program, server, 'stopped', { size: { memoryMib: 64 } });
  const samples: number[] = [];
  for (const dockerfile of [building, neverReady]) {
    server.commit('stopped', { Dockerfile: dockerfile }, 'Does not end');
    for (const moment of momentsMs) {
      const { releaseId } = await program.api.releases.request.mutate({ org: place.org, deploymentId: place.deploymentId, kind: 'deploy' }); // prettier-ignore
      await new Promise((resolve) => setTimeout(resolve, moment));
      const started = performance.now();
      await program.api.releases.abort.mutate({ org: place.org, releaseId });
      const release = await waitForEnd(program, place.org, releaseId);
      if (release.outcome !== 'aborted') throw new Error(`the release ended as ${String(release.outcome)}`);
      samples.push((performance.now() - started) / 1000);
      const left = processesWith('sleep 777');
      if (left.length > 0) throw new Error(`the abort left a process: ${left[0] ?? ''}`);
    }
  }
  const sorted = samples.toSorted((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
  const range = `${(sorted[0] ?? 0).toFixed(2)} to ${(sorted.at(-1) ?? 0).toFixed(2)} s`;
  return {
    name: 'abort click to gone, p95',
    unit: 's',
    samples: [p95],
    judged: 'value',
    note: `of ${String(samples.length)} aborts, ${range}`,
  };
}
