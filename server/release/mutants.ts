/**
 * Engines with one promise broken on purpose, for the test of the checker. Each mutant is a port, a claim or a database
 * around the real code: nothing in the code under test knows of them, and no build can turn one on.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { fenceRegion } from '#server/agent/fenced-region.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';
import type { TestDatabase } from '#server/db/testing.ts';
import type { Publication } from '#server/edge/types.ts';
import type { Bench } from '#server/release/bench.ts';
import type { Engine } from '#server/release/engine.ts';

/** What the mutant's run does. */
export type Story =
  /** A live release, then one with new code; both have a hook. */
  | 'second deploy'
  /** The same; the worker dies in the state and another one takes over. */
  | 'takeover'
  /** The edge takes the second release's routes and never confirms them. */
  | 'failed switch'
  /** A restart of what is live. */
  | 'restart'
  /** The worker is paused while it starts instances, comes back after a takeover and goes on. */
  | 'paused worker'
  /** Two releases are requested and claimed. */
  | 'two at once'
  /** An abort in the moment after the routes were published. */
  | 'late abort';
export interface Mutant {
  name: string;
  /** The promise that the checker must find broken. */
  promise: string;
  story: Story;
  /** Its run does not end by itself: what was recorded after some seconds is judged. */
  wedges?: true;
  /** Replaces parts of every worker from the second release on. */
  worker?: (bench: Bench) => Partial<Engine>;
  /** Changes the database once the first release is live. */
  database?: (database: TestDatabase) => Promise<unknown>;
}

type Change = (inner: Region, bench: Bench) => Partial<Region>;
/** Between the engine and what is recorded: the engine is lied to. */
const around =
  (change: Change) =>
  (bench: Bench): Partial<Engine> => ({ region: wrap(bench.engine.region, bench, change) });
const wrap =
  (region: FencedRegion, bench: Bench, change: Change): FencedRegion =>
  (fence) => {
    const inner = region(fence);
    return { ...inner, ...change(inner, bench) };
  };
/** Between what is recorded and the machine: the machine does something else. */
const inside =
  (change: Change) =>
  (bench: Bench): Partial<Engine> => ({ region: bench.recorder.record(wrap(bench.region.fenced, bench, change)) });

const liveIds = async (bench: Bench): Promise<string[]> => {
  const rows = await bench.engine.db.execute<{ id: string }>(
    sql`select id from instances where state = 'live' and deployment_id = ${bench.made.deploymentId}`,
  );
  return rows.map((row) => row.id);
};
/** Each method of the edge, with `publish` replaced. */
const publishing = (inner: Region, publish: (publication: Publication, signal: AbortSignal) => Promise<void>) => ({
  edge: { ...inner.edge, publish },
});

export const mutants: readonly Mutant[] = [
  {
    name: 'no fencing: the machine takes calls of a lease that is over',
    promise: 'P5',
    story: 'paused worker',
    worker: (bench) => ({
      region: bench.recorder.record(fenceRegion(bench.region.region, { run: (_fence, signal, call) => call(signal) })),
    }),
  },
  {
    name: 'a lost lease keeps writing: every lease has the same number',
    promise: 'P5',
    story: 'takeover',
    database: ({ db }) =>
      db.execute(sql.raw(`
        create function history.same() returns trigger language plpgsql as $$
        begin new.fence = old.fence; return new; end $$;
        create trigger same before update on releases for each row
          when (new.fence <> old.fence and old.fence > 0) execute function history.same();`)), // prettier-ignore
  },
  {
    name: 'live before the edge confirmed',
    promise: 'P2',
    story: 'second deploy',
    wedges: true,
    worker: (bench) => ({
      region: (fence) => {
        const inner = bench.engine.region(fence);
        return { ...inner, edge: { ...inner.edge, publish: async () => undefined, confirmed: async () => 1e9 } };
      },
    }),
  },
  {
    name: 'the old instances are stopped before the edge confirmed',
    promise: 'P2',
    story: 'second deploy',
    worker: around((inner, bench) =>
      publishing(inner, async (publication, signal) => {
        for (const id of await liveIds(bench)) await inner.instances.stop(id, 0, signal);
        await inner.edge.publish(publication, signal);
      }),
    ),
  },
  {
    name: 'the old instances are removed before the edge confirmed',
    promise: 'P2',
    story: 'second deploy',
    worker: around((inner, bench) =>
      publishing(inner, async (publication, signal) => {
        for (const id of await liveIds(bench)) await inner.instances.remove(id, signal);
        await inner.edge.publish(publication, signal);
      }),
    ),
  },
  {
    name: 'traffic goes to instances that do not listen yet',
    promise: 'P2',
    story: 'second deploy',
    worker: (bench) => {
      bench.region.runtime.behave((spec) => spec.role === 'serving', { listenAfterMs: 1e9 });
      return around((inner) => ({ sessions: { ...inner.sessions, accepts: async () => true } }))(bench);
    },
  },
  {
    name: 'a switch in two commits: for a moment no route leads anywhere',
    promise: 'P3',
    story: 'second deploy',
    worker: around((inner) =>
      publishing(inner, async (publication, signal) => {
        await inner.edge.publish({ ...publication, targets: [], notices: [] }, signal);
        await inner.edge.publish({ ...publication, generation: publication.generation + 1 }, signal);
      }),
    ),
  },
  {
    name: 'a hook is run again on takeover',
    promise: 'P6',
    story: 'takeover',
    worker: (bench) => {
      const begun = new Set<string>();
      return around((inner) => ({
        instances: {
          ...inner.instances,
          start: async (spec, signal) => {
            if (spec.role === 'hook' && !begun.has(spec.id)) {
              begun.add(spec.id);
              await inner.instances.start(spec, signal);
              await inner.instances.remove(spec.id, signal);
            }
            await inner.instances.start(spec, signal);
          },
        },
      }))(bench);
    },
  },
  {
    name: 'an operation that never builds builds',
    promise: 'P6',
    story: 'restart',
    worker: around((inner, bench) => ({
      instances: {
        ...inner.instances,
        ensureNetwork: async (spec, signal) => {
          const plan = { planner: 'node', found: [], dockerfile: { kind: 'rendered', text: '' }, context: '', target: '', port: null, command: null } as const;
          const limits = { memoryMib: 1, cpuMillis: 1, processes: 1, timeoutMs: 1000, imageBytes: 1 };
          await inner.builds.build({ workId: `extra/${bench.made.componentId}`, cacheNamespace: '', plan, buildArgs: {}, reference: '', limits }, () => undefined, signal);
          await inner.builds.discard(`extra/${bench.made.componentId}`, signal);
          await inner.instances.ensureNetwork(spec, signal);
        },
      },
    })), // prettier-ignore
  },
  {
    name: 'undoing does not bring the previous routes back',
    promise: 'P2',
    story: 'failed switch',
    wedges: true,
    worker: (bench) => {
      let publications = 0;
      return around((inner) => ({
        edge: {
          ...inner.edge,
          publish: async (publication, signal) => {
            publications += 1;
            if (publications === 1) await inner.edge.publish(publication, signal);
          },
          confirmed: async (id, signal) => (publications > 1 ? 1e9 : inner.edge.confirmed(id, signal)),
        },
      }))(bench);
    },
  },
  {
    name: 'two releases of a deployment work at once',
    promise: 'P5',
    story: 'two at once',
    database: ({ db }) => db.execute(sql`drop index releases_one_active`),
  },
  {
    name: 'an abort is taken after the routes are out',
    promise: 'P1',
    story: 'late abort',
  },
  {
    name: 'a terminal state is left again',
    promise: 'P1',
    story: 'failed switch',
    wedges: true,
    database: ({ db }) =>
      db.execute(sql.raw(`
        create function history.revive() returns trigger language plpgsql as $$
        begin update releases set state = 'queued', outcome = null, lease_owner = null where id = new.id; return null; end $$;
        create trigger revive after update on releases for each row
          when (new.state = 'failed' and old.state <> 'failed') execute function history.revive();`)), // prettier-ignore
  },
  {
    name: 'the deadline starts again on takeover',
    promise: 'P7',
    story: 'takeover',
    database: ({ db }) =>
      db.execute(sql.raw(`
        create function history.restart() returns trigger language plpgsql as $$
        begin new.deadline_at = coalesce(new.deadline_at, now()) + interval '1 minute'; return new; end $$;
        create trigger restart before update on releases for each row
          when (new.takeovers > old.takeovers) execute function history.restart();`)), // prettier-ignore
  },
  {
    name: 'a failure without a reason',
    promise: 'P8',
    story: 'failed switch',
    database: ({ db }) =>
      db.execute(sql.raw(`
        create function history.mute() returns trigger language plpgsql as $$
        begin new.failure = new.failure || '{"message":""}'; return new; end $$;
        create trigger mute before update on releases for each row when (new.failure is not null) execute function history.mute();`)), // prettier-ignore
  },
  {
    name: 'a credential is left in the work folder',
    promise: 'P4',
    story: 'second deploy',
    worker: (bench) => ({
      sources: {
        resolve: (...args) => bench.source.resolve(...args),
        history: (...args) => bench.source.history(...args),
        log: (...args) => bench.source.log(...args),
        listRefs: (...args) => bench.source.listRefs(...args),
        read: (...args) => bench.source.read(...args),
        hostKey: (...args) => bench.source.hostKey(...args),
        fetch: async (...args) => {
          await mkdir(path.join(bench.engine.workDir, 'credential'), { recursive: true });
          await writeFile(path.join(bench.engine.workDir, 'credential', 'token'), 'secret');
          return bench.source.fetch(...args);
        },
      },
    }),
  },
  {
    name: 'an orphan: removing an instance is answered and not done',
    promise: 'P4',
    story: 'second deploy',
    worker: inside((inner) => ({ instances: { ...inner.instances, remove: async () => undefined } })),
  },
  {
    name: 'the image of a build stays in the builder',
    promise: 'P4',
    story: 'second deploy',
    worker: inside((inner) => ({ builds: { ...inner.builds, discard: async () => undefined } })),
  },
];

export const abortAnyway = async (bench: Bench, releaseId: string): Promise<void> => {
  await bench.engine.db.execute(sql`update releases set state = 'cancelling', cancel_to = 'aborted', state_since = now() where id = ${releaseId}`); // prettier-ignore
};
/** A claim that does not look whether the deployment is worked on. */
export const claimAnyway = async (bench: Bench): Promise<void> => {
  await bench.engine.db.execute(sql`update releases set state = 'fetching', started_at = now(), due_at = now() where state = 'queued' and deployment_id = ${bench.made.deploymentId}`); // prettier-ignore
};
