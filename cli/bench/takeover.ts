/** From SIGKILL of the worker in the middle of a release until another worker holds its lease, again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabaseClient, pidOf } from '#e2e/facts.ts';
import { type Place, type Program, waitForEnd } from '#e2e/program.ts';
import type { Figure } from './figure.ts';

const limitMs = 120_000;

/** @param kills each in a release of its own, which has to end live. */
export async function benchTakeover(program: Program, place: Place, kills: number): Promise<Figure> {
  const samples: number[] = [];
  const client = openDatabaseClient();
  let wanted = false;
  let killedAt = 0;
  await client.listen('slipway_events', (payload) => {
    const notice = JSON.parse(payload) as { deployment: string; kind: string };
    if (!wanted || notice.deployment !== place.deploymentId || notice.kind !== 'release.building') return;
    wanted = false;
    process.kill(pidOf('worker'), 'SIGKILL');
    killedAt = performance.now();
  });
  try {
    while (samples.length < kills) {
      const { draftRevision } = await program.api.deployments.get.query({ org: place.org, project: place.projectId, deployment: place.deploymentId }); // prettier-ignore
      killedAt = 0;
      wanted = true;
      const { releaseId } = await program.api.releases.request.mutate({ org: place.org, deploymentId: place.deploymentId, kind: 'deploy', draftRevision }); // prettier-ignore
      const before = await held(client, releaseId, null);
      while (killedAt === 0) await sleep(5);
      await held(client, releaseId, before);
      samples.push(performance.now() - killedAt);
      const release = await waitForEnd(program, place.org, releaseId, limitMs);
      if (release.outcome !== 'live') throw new Error(`release ${release.number} ended as ${release.outcome}`);
    }
  } finally {
    await client.end();
  }
  return { name: 'takeover after SIGKILL of the worker', unit: 'ms', samples, judged: 'p95' };
}

/** The owner of the release's lease, once there is one and it is not the given one. */
async function held(client: ReturnType<typeof openDatabaseClient>, releaseId: string, not: string | null): Promise<string> {
  for (const end = performance.now() + limitMs; performance.now() < end; await sleep(10)) {
    const [row] = await client<{ owner: string | null }[]>`select lease_owner as owner from releases where id = ${releaseId}`;
    if (row && row.owner !== null && row.owner !== not) return row.owner;
  }
  throw new Error(`nobody holds ${releaseId}`);
} // prettier-ignore
