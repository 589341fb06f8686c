/** What a scenario gets: places of its own, load on them, faults, and at its end the checker over all that was recorded of them. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inArray } from 'drizzle-orm';
import * as z from 'zod';
import { instances, networks } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { componentHost } from '#server/domain/naming.ts';
import { brokenPromises } from '#server/release/checker.ts';
import type { FaultPoint } from '#server/release/fault.ts';
import { readHistory } from '#server/release/history-table.ts';
import type { Excuse, History, RequestFact } from '#server/release/history.ts';
import { Load } from '#e2e/faults/load.ts';
import type { Machine } from '#e2e/faults/machine.ts';
import type { Place, Tenant } from '#e2e/faults/places.ts';
import type { Life } from '#e2e/faults/processes.ts';
import type { Recorder } from '#e2e/faults/recorder.ts';

const imagesSchema = z.array(z.object({ Labels: z.record(z.string(), z.string()).nullish() }));

export class Stage {
  readonly machine: Machine;
  readonly tenant: Tenant;
  readonly #recorder: Recorder;
  readonly #places: Place[] = [];
  readonly #loads: Load[] = [];
  readonly #excuses: Excuse[] = [];
  readonly #requests: RequestFact[] = [];
  /** What was done, counted: the histogram of the report. */
  readonly operations = new Map<string, number>();

  constructor(machine: Machine, tenant: Tenant, recorder: Recorder) {
    this.machine = machine;
    this.tenant = tenant;
    this.#recorder = recorder;
  }

  /** Milliseconds of the platform's times at the scale of this run. */
  ms(full: number): number {
    return full * this.machine.scale;
  }
  readonly #began = Date.now();
  mark(what: string): void {
    if (process.env['SLIPWAY_FAULT_SHOW']) console.log(`${String(Date.now() - this.#began).padStart(6)} ${what}`);
  }
  /** A limit of the research's table on this machine, which others use too: a late answer of a busy one is no fault. */
  busy(ms: number): number {
    return this.machine.scale >= 1 ? ms * 1.5 : ms + 15_000;
  }
  /** Single requests to a place, outside of its load. */
  probe(place: Place): Load {
    return new Load(place.ids.deploymentId, place.ids.host, this.machine.config.SLIPWAY_HTTP_PORT);
  }
  async eventually(is: () => Promise<boolean>, limitMs: number): Promise<void> {
    for (const end = Date.now() + this.busy(limitMs); !(await is()); await sleep(50))
      if (Date.now() > end) throw new Error(`not within ${limitMs} ms`);
  }
  /** Routes of the place's component move to a host of its own; answers its name. */
  async takeOwnHost(place: Place): Promise<string> {
    await place.configure({ route: { host: 'own', path: '/' } });
    const [row] = await this.machine.db.select().from(deployments).where(inArray(deployments.id, [place.ids.deploymentId])); // prettier-ignore
    return componentHost('web', row?.handle ?? '', 'apps.localhost');
  }
  did(operation: string): void {
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1);
  }
  async place(...args: Parameters<Tenant['place']>): Promise<Place> {
    const place = await this.tenant.place(...args);
    this.#places.push(place);
    return place;
  }
  /** The place that scenarios which are alone share, live and with load on it: its history is judged as one. */
  async base(): Promise<Place> {
    this.tenant.base ??= await this.tenant.place({
      settings: { hook: { postdeploy: 'node -e "setTimeout(() => console.log(1), 300)"' } },
    });
    const place = this.tenant.base;
    this.#places.push(place);
    if (place.requested.length === 0) await place.deploy();
    this.load(place);
    return place;
  }
  /** A place with a live release and load on it. */
  async live(...args: Parameters<Tenant['place']>): Promise<Place> {
    const place = await this.place(...args);
    this.mark('place');
    await place.deploy();
    this.mark('live');
    this.load(place);
    return place;
  }
  load(place: Place, times = 1): Load {
    const { deploymentId, host } = place.ids;
    const full = this.machine.scale >= 1;
    const shape = full
      ? { kept: 150, fresh: 50, slow: 50, sockets: 100 }
      : { kept: 15 * times, fresh: 5 * times, slow: 3 * times, sockets: 4 * times };
    const load = new Load(deploymentId, host, this.machine.config.SLIPWAY_HTTP_PORT).start(shape, this.ms(5000));
    this.#loads.push(load);
    return load;
  }
  /** POSTs on top of the load: of them none is ever repeated, so each that fails is lost. */
  posts(place: Place): void {
    const load = new Load(place.ids.deploymentId, place.ids.host, this.machine.config.SLIPWAY_HTTP_PORT);
    this.#loads.push(load.startPosts(this.machine.scale >= 1 ? 50 : 10));
  }
  /** From now on until the answer is called requests may fail: the fault itself takes the edge, the engine or instances away. */
  excuse(why: string, place?: Place): (moreMs?: number) => void {
    const excuse: Excuse = { from: Date.now(), to: Infinity, why, ...(place ? { deploymentId: place.ids.deploymentId } : {}) };
    this.#excuses.push(excuse);
    return (moreMs = 0) => (excuse.to = Date.now() + moreMs);
  } // prettier-ignore

  /** Lets a worker with this fault do what `work` asks for, while the usual one stands still; answers the one that was hit. */
  async doomed(point: FaultPoint, how: 'kill' | 'stop', work: () => Promise<unknown>): Promise<Life> {
    const { machine } = this;
    machine.forgetFaults();
    const doomed = machine.startWorker({ SLIPWAY_FAULT: `${point}=${how}` });
    const usual = machine.worker.life;
    try {
      await doomed.ready;
      this.mark('doomed ready');
      usual.send('SIGSTOP');
      await work();
      await this.#hit(doomed, point);
      this.mark('hit');
    } finally {
      usual.send('SIGCONT');
    }
    this.did(how === 'kill' ? 'kill worker' : 'pause worker');
    return doomed;
  }
  async #hit(doomed: Life, point: FaultPoint): Promise<void> {
    const marker = path.join(this.machine.stateDir, 'run');
    for (const end = Date.now() + 30_000; ; await sleep(20)) {
      if (readdirSync(marker).includes(`fault.${point}`)) return;
      if (!doomed.alive) throw new Error(`The worker ended before ${point}.`);
      if (Date.now() > end) {
        await doomed.kill();
        throw new Error(`Nothing came to ${point}.`);
      }
    }
  }

  /** Ends the load and says which promises were broken; what has to be gone within a minute gets that time. */
  async judge(): Promise<string[]> {
    this.mark('judging');
    await Promise.all(this.#places.map((place) => place.quiet()));
    this.mark('quiet');
    for (const load of this.#loads.splice(0)) this.#requests.push(...(await load.stop()));
    this.mark('load ended');
    const end = Date.now() + this.ms(60_000) + 5000;
    for (;;) {
      const broken = brokenPromises(await this.#history());
      this.mark(`judged ${broken.length}`);
      if (broken.every((sentence) => !sentence.startsWith('P4')) || Date.now() > end) return broken;
      await sleep(200);
    }
  }
  /** The places are deleted, the shared one only when something went wrong with it. */
  async leave(isWell: boolean): Promise<void> {
    for (const load of this.#loads.splice(0)) await load.stop();
    const { base } = this.tenant;
    if (!isWell && base && this.#places.includes(base)) this.tenant.base = null;
    const ids = this.#places.filter((place) => place !== this.tenant.base).map((place) => place.ids.deploymentId);
    if (ids.length === 0) return;
    await this.machine.db
      .update(deployments)
      .set({ power: 'deleting', deletedAt: new Date() })
      .where(inArray(deployments.id, ids));
  }

  async #history(): Promise<History> {
    const { machine } = this;
    const ids = this.#places.map((place) => place.ids.deploymentId);
    const rows = await readHistory(machine.db, ids);
    const mine = new Set(rows.instances.map((row) => row.id));
    const releaseIds = new Set(rows.releases.map((row) => row.id));
    const label = '{{.Label "slipway.instance"}} {{.Label "slipway.deployment"}}';
    const own = (lines: readonly string[]): string[] =>
      lines.flatMap((line) => {
        const [instance = '', deployment = ''] = line.split(' ');
        return ids.includes(deployment) ? [instance] : [];
      });
    const containers = await machine.engine.docker('ps', '-a', '--format', label);
    const running = await machine.engine.docker('ps', '--format', label);
    const bridges = await machine.engine.docker('network', 'ls', '--format', '{{.Label "slipway.deployment"}}');
    const networkRows = await machine.db.select().from(networks).where(inArray(networks.deploymentId, ids));
    return {
      ...rows,
      published: this.#recorder.published.filter((one) => ids.includes(one.deploymentId)),
      confirmed: null,
      containers: this.#recorder.containers.filter((one) => mine.has(one.instanceId)),
      calls: null,
      requests: this.#requests,
      excuses: this.#excuses,
      end: {
        containers: own(containers),
        running: own(running),
        networks: bridges.filter((id) => ids.includes(id)),
        networkRows: networkRows.map((row) => row.deploymentId),
        leftovers: await this.#leftovers(releaseIds),
        deployments: await machine.db.select().from(deployments).where(inArray(deployments.id, ids)),
      },
    };
  }
  /** Work folders, scratch of Git with its credentials, images that builds left. */
  async #leftovers(releaseIds: ReadonlySet<string>): Promise<string[]> {
    const { stateDir, builder } = this.machine;
    const list = (folder: string): string[] => {
      try {
        return readdirSync(path.join(stateDir, folder));
      } catch {
        return [];
      }
    };
    const work = list('work').filter((name) => releaseIds.has(name));
    const query = { filters: JSON.stringify({ label: ['slipway.work'] }) };
    const images = await builder.json(imagesSchema, { method: 'GET', path: '/images/json', query, signal: AbortSignal.timeout(10_000) }); // prettier-ignore
    const left = (images ?? []).flatMap((image) => {
      const workId = image.Labels?.['slipway.work'] ?? '';
      return releaseIds.has(workId.split('/')[0] ?? '') ? [`image of ${workId}`] : [];
    });
    return [...work.map((name) => `folder ${name}`), ...left];
  }
  /** Rows of instances that a place has now. */
  instancesOf(place: Place): Promise<(typeof instances.$inferSelect)[]> {
    return this.machine.db
      .select()
      .from(instances)
      .where(inArray(instances.deploymentId, [place.ids.deploymentId]));
  }
}
