/** Moves releases along their states as the engine would, in the past, with the functions that the engine uses. */
import { and, eq, sql } from 'drizzle-orm';
import type { createCaller } from '#server/api/root.ts';
import type { Db } from '#server/db/client.ts';
import { applyEvent, type Transition } from '#server/db/releases.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { artifacts, releaseComponents, releases } from '#server/db/schema/releases.ts';
import type { Failure, ReleaseReport } from '#server/domain/release.ts';
import type { ReleaseEvent } from '#server/domain/release-machine.ts';
import { newId } from '#server/ids.ts';
import type { LogStore } from '#server/logs/types.ts';

const minute = 60_000;
export interface World {
  api: ReturnType<typeof createCaller>;
  db: Db;
  logs: LogStore;
  org: string;
  orgId: string;
}

export interface Play {
  /** Minutes before now at which it was requested. */
  ago: number;
  message: string;
  commit: string;
  /** How far it goes: each with the seconds that the state before it took. */
  way: readonly [event: ReleaseEvent, seconds: number, note?: string][];
  failure?: Omit<Failure, 'componentId' | 'fix'> & { fix?: { path: string; label: string; value: unknown } };
  report?: ReleaseReport;
  log?: (
    write: (
      second: number,
      kind: 'platform' | 'build' | 'console',
      text: string,
      level?: 'info' | 'warn' | 'error',
    ) => void,
  ) => void;
}
export const liveWay: Play['way'] = [
  ['claimed', 1], ['fetched', 1.2, 'Fetched main'], ['built', 38, 'Built 2 images'], ['stored', 2.4], ['started', 1.9, 'Started 3 instances'], ['checked', 3.1, 'All ready'], ['hooked', 0.2, 'No hooks'], ['switched', 0.6, 'Traffic switched in 84 ms'],
]; // prettier-ignore

/** Requests a release through the API and moves it along its states as the engine would, in the past. */
export async function play(world: World, deploymentId: string, how: Play): Promise<string> {
  const { db } = world;
  const { releaseId } = await world.api.releases.request({ org: world.org, deploymentId, kind: 'deploy' });
  const start = new Date(Date.now() - how.ago * minute);
  await db.execute(sql`update releases set created_at = ${start.toISOString()}::timestamptz, state_since = ${start.toISOString()}::timestamptz,
    snapshot = jsonb_set(snapshot, '{components}', (select jsonb_agg(jsonb_set(c, '{source}', (c -> 'source') || ${JSON.stringify({ commit: how.commit, message: how.message, author: 'Anna Berg' })}::jsonb)) from jsonb_array_elements(snapshot -> 'components') c))
    where id = ${releaseId}`);
  await db.execute(
    sql`update release_steps set started_at = ${start.toISOString()}::timestamptz where release_id = ${releaseId}`,
  );
  await db.execute(
    sql`update deployment_events set created_at = ${start.toISOString()}::timestamptz where release_id = ${releaseId}`,
  );
  await writeLog(world, deploymentId, releaseId, start, how);
  let at = start.getTime();
  for (const [event, seconds, note] of how.way) {
    at += seconds * 1000;
    await move(world, releaseId, event, new Date(at), how, note);
  }
  return releaseId;
}

async function move(
  world: World,
  releaseId: string,
  event: ReleaseEvent,
  at: Date,
  how: Play,
  note?: string,
): Promise<void> {
  const { db } = world;
  const [release] = await db.select().from(releases).where(eq(releases.id, releaseId));
  if (!release) throw new Error('no such release');
  const componentId = release.snapshot.components[0]?.componentId ?? '';
  const patch: Transition['patch'] = {};
  if (event === 'fail' && how.failure) {
    const { fix, ...failure } = how.failure;
    patch.failure = {
      ...failure,
      componentId,
      ...(fix
        ? { fix: { kind: 'setting', componentId, path: fix.path, suggestion: { label: fix.label, value: fix.value } } }
        : {}),
    };
  }
  if (event === 'switched' && how.report) patch.report = how.report;
  const now = () => sql`${at.toISOString()}::timestamptz`;
  await db.transaction((tx) => applyEvent(tx, now, { release, event, patch, ...(note === undefined ? {} : { note }) }));
  await db.execute(
    sql`update deployment_events set created_at = ${at.toISOString()}::timestamptz where release_id = ${releaseId} and seq = (select max(seq) from deployment_events where release_id = ${releaseId})`,
  );
  if (event === 'switched') await goLive(world, release, at);
}

async function goLive(world: World, release: typeof releases.$inferSelect, at: Date): Promise<void> {
  const { db, orgId } = world;
  const [deployment] = await db.select().from(deployments).where(eq(deployments.id, release.deploymentId));
  await db.update(deployments).set({ liveReleaseId: release.id }).where(eq(deployments.id, release.deploymentId));
  await db
    .update(instances)
    .set({ state: 'removed', removedAt: at, addressFreeAt: at })
    .where(and(eq(instances.deploymentId, release.deploymentId), eq(instances.state, 'live')));
  let offset = 2;
  for (const component of release.snapshot.components) {
    const artifactId = newId('artifact');
    await db.insert(artifacts).values({
      id: artifactId, orgId, projectId: release.projectId, buildKey: artifactId, imageId: `sha256:${artifactId}`, reference: `slipway/${artifactId}:1`, sizeBytes: 142 * 1024 ** 2,
    }); // prettier-ignore
    await db
      .insert(releaseComponents)
      .values({
        releaseId: release.id,
        orgId,
        componentId: component.componentId,
        buildOutcome: 'built',
        artifactId,
        port: component.settings.run.port,
      })
      .onConflictDoNothing();
    for (let ordinal = 1; ordinal <= component.settings.instances; ordinal += 1) {
      offset += 1;
      await db.insert(instances).values({
        id: newId('instance'), orgId, deploymentId: release.deploymentId, componentId: component.componentId, startedBy: release.id, ordinal,
        specHash: release.id, state: 'live', address: `10.213.${String(release.number ?? 0)}.${String(offset)}`, cpuMillis: component.settings.size.cpuMillis,
        memoryMib: component.settings.size.memoryMib, readyAt: at, observedAt: new Date(Date.now() + 3_600_000), // stays fresh while pages are looked at
        observed: { phase: 'running', startedAt: at.toISOString(), finishedAt: null, exitCode: null, outOfMemory: false, restarts: 0 },
      }); // prettier-ignore
    }
  }
  const previous = deployment?.liveReleaseId;
  if (!previous) return;
  for (const event of ['replaced', 'drained'] as const)
    await move(world, previous, event, at, { ago: 0, message: '', commit: '', way: [] });
}

async function writeLog(world: World, deploymentId: string, releaseId: string, start: Date, how: Play): Promise<void> {
  const stream = { orgId: world.orgId, deploymentId, releaseId, componentId: null, instanceId: null };
  const writers = new Map<string, Awaited<ReturnType<LogStore['open']>>>();
  const pending: {
    second: number;
    kind: 'platform' | 'build' | 'console';
    text: string;
    level: 'info' | 'warn' | 'error';
  }[] = [];
  how.log?.((second, kind, text, level = 'info') => pending.push({ second, kind, text, level }));
  for (const line of pending) {
    const writer = writers.get(line.kind) ?? (await world.logs.open({ ...stream, kind: line.kind }));
    writers.set(line.kind, writer);
    writer.write({
      at: new Date(start.getTime() + line.second * 1000).toISOString(),
      level: line.level,
      text: line.text,
    });
  }
  for (const writer of writers.values()) await writer.close();
}

type Write = Parameters<NonNullable<Play['log']>>[0];
/** Up to the end of the install step. */
function beginLines(write: Write): void {
  write(0.1, 'platform', 'Requested by Anna Berg');
  write(1.2, 'platform', 'Fetching main from the platform’s repository');
  write(2.1, 'platform', 'Fetched 14 files, 82 KiB');
  write(2.4, 'build', '[1/5] FROM node:24-bookworm-slim');
  write(3, 'build', '[2/5] COPY package.json package-lock.json ./');
  write(3.4, 'build', '[3/5] RUN npm ci');
  for (let index = 0; index < 18; index += 1)
    write(
      4 + index,
      'build',
      `\u001b[2mnpm\u001b[0m fetch GET 200 package ${String(index + 1)} of 18 in ${String(20 + index * 7)} ms`,
    );
  write(22, 'build', 'added 68 packages in 18s');
  write(23, 'build', '[4/5] COPY . .');
  write(24, 'build', '[5/5] RUN npm run build');
  write(24.2, 'build', '> node build.js');
}
export const brokenLines = (write: Write): void => {
  beginLines(write);
  write(
    27,
    'build',
    '\u001b[31mCheckoutTotal.ts:41:18 - error TS2345: Argument of type \u001b[1m"string"\u001b[22m is not assignable to parameter of type "number".\u001b[0m',
    'error',
  );
  write(27.1, 'build', '41   return cart.add(total.toFixed(2));');
  write(27.2, 'build', '                     ~~~~~~~~~~~~~~~~');
  write(27.4, 'build', 'npm error Lifecycle script `build` failed with error: code 2', 'error');
};
export const builtLines = (write: Write): void => {
  beginLines(write);
  write(29, 'build', '\u001b[32m✓\u001b[0m built in 4.8 s');
};
export const liveLines = (write: Write): void => {
  builtLines(write);
  write(38, 'build', 'exporting image, 142 MiB');
  write(41, 'platform', 'Stored sha256:9b1c…f20e');
  write(43, 'platform', 'Starting web-1, web-2, worker-1');
  write(44, 'console', 'listening on 3000');
  write(46, 'platform', 'All 3 instances are ready');
  write(48.1, 'platform', 'Switched: 2 routes, generation 42');
};

export const report: ReleaseReport = {
  servedRequests: 1204,
  failedRequests: 0,
  drainedConnections: 31,
  cutConnections: 0,
  switchMs: 84,
};
