/** F24 to F36 without Kubernetes: builds that fill disk or memory, and applications that misbehave in every known way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { deploymentEvents } from '#server/db/schema/releases.ts';
import type { FailureCode } from '#server/domain/release.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { appFiles, type Place } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

const eventsOf = (stage: Stage, place: Place): Promise<(typeof deploymentEvents.$inferSelect)[]> =>
  stage.machine.db.select().from(deploymentEvents).where(eq(deploymentEvents.deploymentId, place.ids.deploymentId));

/** The next release misbehaves so: it fails so, and what was live keeps serving. */
const misbehaves = (
  id: string,
  title: string,
  mode: string,
  code: FailureCode,
  settings: SettingsOverrides = {},
  limitMs = 10_000,
): Scenario => ({
  id,
  title,
  lane: 'beside',
  async run(stage) {
    const place = await stage.live();
    await place.configure(settings);
    await place.set('MODE', mode);
    stage.did('deploy');
    const row = await place.over(await place.request());
    expect(row).toMatchObject({ outcome: 'failed', failure: { phase: 'checking', code } });
    const checkedMs = (row.endedAt?.getTime() ?? 0) - row.stateSince.getTime();
    expect(checkedMs).toBeLessThan(stage.busy(limitMs));
    expect(row.failure?.advice).not.toBe('');
  },
});
const timedOut = { readiness: { settleSeconds: 1, drainSeconds: 20, deadlineSeconds: 30 } };
const healthy = { readiness: { ...timedOut.readiness, http: { path: '/health', status: 200 } } };

export const appScenarios: readonly Scenario[] = [
  {
    id: 'F24',
    title: "a build fills the builder's disk: it fails so, and the next build works",
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      await place.commit(appFiles('full', ['RUN dd if=/dev/zero of=/big bs=1M count=4000']));
      const row = await place.over(await place.request(), 120_000);
      expect(row).toMatchObject({ outcome: 'failed', failure: { code: 'build_disk_full', phase: 'building' } });
      await place.commit();
      expect((await place.deploy()).outcome).toBe('live');
      stage.did('fill the disk of the builder');
    },
  },
  {
    id: 'F25',
    title:
      'the engine that keeps the images is away while one is stored: tried again, and a rollback needs nothing of it',
    lane: 'alone',
    async run(stage) {
      const place = await stage.live();
      const first = place.requested[0] ?? '';
      await place.commit();
      let releaseId = '';
      const doomed = await stage.doomed('storing.before', 'stop', async () => (releaseId = await place.request()));
      await stage.machine.engine.kill('SIGKILL');
      await sleep(2000);
      await stage.machine.engine.start();
      expect(await place.over(releaseId, 90_000)).toMatchObject({ outcome: 'live', failure: null });
      await doomed.kill();
      expect(await place.over(await place.rollback(first))).toMatchObject({ outcome: 'live' });
      stage.did('kill engine');
      stage.did('rollback');
    },
  },
  {
    id: 'F26',
    title: 'a live instance is killed for memory: it is back at once, the other one serves, and the event says why',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place({ settings: { instances: 2 } });
      await place.deploy();
      const load = stage.load(place);
      const over = stage.excuse("the application's own crash cuts what it had in hand", place);
      await stage.probe(place).get('/hoard').catch(() => null); // prettier-ignore
      stage.did('kill instance for memory');
      const restarted = async (): Promise<boolean> =>
        (await eventsOf(stage, place)).some((event) => event.kind === 'instance.exited' && event.data['outOfMemory'] === true); // prettier-ignore
      await stage.eventually(restarted, 15_000);
      const all = async (): Promise<boolean> =>
        (await stage.instancesOf(place)).filter((row) => row.state === 'live' && row.observed?.phase === 'running').length === 2; // prettier-ignore
      await stage.eventually(all, 15_000);
      over(500);
      expect(load.facts.filter((fact) => fact.failure === null).length).toBeGreaterThan(0);
    },
  },
  misbehaves(
    'F27',
    'killed for memory while it starts: failed(out_of_memory), not a time-out',
    'hoarder',
    'out_of_memory',
  ),
  {
    id: 'F27b',
    title: 'a build that needs too much memory: failed(build_out_of_memory)',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      const hoard = 'const k=[];setInterval(()=>k.push(Buffer.alloc(33554432,1)),1)';
      await place.commit(appFiles('memory', [`RUN node -e "${hoard}"`]));
      const row = await place.over(await place.request(), 60_000);
      expect(row).toMatchObject({ outcome: 'failed', failure: { code: 'build_out_of_memory', phase: 'building' } });
      stage.did('build without memory');
    },
  },
  misbehaves('F28', 'a crash while it starts: failed at once with its exit code', 'crash', 'exited'),
  {
    id: 'F29',
    title: 'a crash loop after live: restarted with back-off, never in a tight loop, and the next release mends it',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place();
      await place.set('MODE', 'crash-later');
      await place.deploy();
      await sleep(8000);
      const [row] = (await stage.instancesOf(place)).filter((one) => one.state === 'live');
      expect(row?.restarts).toBeGreaterThan(0);
      expect(row?.restarts).toBeLessThan(8);
      await place.set('MODE', '');
      expect((await place.deploy()).outcome).toBe('live');
      stage.did('crash loop');
    },
  },
  misbehaves(
    'F30',
    'it never listens: failed(boot_timeout) at its deadline',
    'silent',
    'boot_timeout',
    timedOut,
    12_000,
  ),
  misbehaves('F30b', 'it listens on another port: the message names it', 'wrong-port', 'wrong_port', timedOut, 12_000),
  misbehaves('F30c', 'it listens on 127.0.0.1 only', 'loopback', 'loopback_only', timedOut, 12_000),
  misbehaves('F31', 'healthy once and then not', 'sick', 'health_check', healthy, 12_000),
  misbehaves(
    'F31b',
    'a health check that never answers counts as a failure',
    'hanging',
    'health_check',
    healthy,
    14_000,
  ),
  {
    id: 'F32',
    title: 'the old instance ignores SIGTERM: killed at its limit, the release stays live',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place();
      await place.set('MODE', 'deaf');
      await place.deploy();
      stage.load(place);
      await place.set('MODE', '');
      expect((await place.deploy()).outcome).toBe('live');
      stage.did('deploy');
    },
  },
  {
    id: 'F33',
    title: 'the old instance exits at once on SIGTERM: nothing new reaches it by then',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place();
      await place.set('MODE', 'hasty');
      await place.deploy();
      stage.load(place);
      for (let turn = 0; turn < 2; turn += 1) {
        await place.set('ANSWER', String(turn));
        await place.deploy();
        stage.did('deploy');
      }
    },
  },
  {
    id: 'F34',
    title: 'the web part is well and the worker crashes: the whole release fails, nothing old is removed',
    lane: 'beside',
    async run(stage) {
      const worker = { name: 'worker', kind: 'worker' as const, settings: { run: { command: 'if [ "$MODE" = broken ]; then exit 5; fi; sleep 1000' } } }; // prettier-ignore
      const place = await stage.live({ more: [worker] });
      const before = (await stage.instancesOf(place)).filter((row) => row.state === 'live').map((row) => row.id).toSorted(); // prettier-ignore
      await place.set('MODE', 'broken');
      const row = await place.over(await place.request());
      expect(row).toMatchObject({ outcome: 'failed', failure: { code: 'exited', phase: 'checking' } });
      const after = (await stage.instancesOf(place)).filter((one) => one.state === 'live').map((one) => one.id).toSorted(); // prettier-ignore
      expect(after).toEqual(before);
      stage.did('deploy');
    },
  },
];
