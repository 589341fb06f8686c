/** Puts fences before a region: every changing call passes `Fences.run`, every reading call goes straight through. */
import type { Fences } from '#server/agent/fences.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';

/** The in-process form of what the agent offers; the agent's server uses the same fences for each call that it gets. */
export function fenceRegion(region: Region, fences: Fences): FencedRegion {
  return (fence) => {
    const run = <T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> =>
      fences.run(fence, signal, call);
    const { instances, sessions, artifacts, builds, edge, capacity, volumes, dumps } = region;
    return {
      sessions,
      capacity,
      instances: {
        ensureNetwork: (spec, signal) => run(signal, (inner) => instances.ensureNetwork(spec, inner)),
        removeNetwork: (id, signal) => run(signal, (inner) => instances.removeNetwork(id, inner)),
        start: (spec, signal) => run(signal, (inner) => instances.start(spec, inner)),
        keepAlive: (id, on, signal) => run(signal, (inner) => instances.keepAlive(id, on, inner)),
        stop: (id, graceMs, signal) => run(signal, (inner) => instances.stop(id, graceMs, inner)),
        remove: (id, signal) => run(signal, (inner) => instances.remove(id, inner)),
        observe: (signal) => instances.observe(signal),
        inspect: (id, signal) => instances.inspect(id, signal),
        stats: (signal) => instances.stats(signal),
      },
      artifacts: {
        find: (reference, signal) => artifacts.find(reference, signal),
        resolve: (reference, signal) => artifacts.resolve(reference, signal),
        remove: (reference, signal) => run(signal, (inner) => artifacts.remove(reference, inner)),
        list: (signal) => artifacts.list(signal),
      },
      builds: {
        build: (request, onEvent, signal) => run(signal, (inner) => builds.build(request, onEvent, inner)),
        store: (imageId, reference, signal) => run(signal, (inner) => builds.store(imageId, reference, inner)),
        discard: (workId, signal) => run(signal, (inner) => builds.discard(workId, inner)),
      },
      edge: {
        publish: (publication, signal) => run(signal, (inner) => edge.publish(publication, inner)),
        confirmed: (id, signal) => edge.confirmed(id, signal),
        drain: (id, names, signal) => run(signal, (inner) => edge.drain(id, names, inner)),
        remove: (id, names, signal) => run(signal, (inner) => edge.remove(id, names, inner)),
        traffic: (id, signal) => edge.traffic(id, signal),
        withdraw: (id, signal) => run(signal, (inner) => edge.withdraw(id, inner)),
      },
      volumes: {
        create: (spec, signal) => run(signal, (inner) => volumes.create(spec, inner)),
        grow: (spec, signal) => run(signal, (inner) => volumes.grow(spec, inner)),
        usage: (signal) => volumes.usage(signal),
        copy: (fromId, to, signal) => run(signal, (inner) => volumes.copy(fromId, to, inner)),
        snapshot: (fromId, to, signal) => run(signal, (inner) => volumes.snapshot(fromId, to, inner)),
        trash: (id, signal) => run(signal, (inner) => volumes.trash(id, inner)),
        restore: (id, signal) => run(signal, (inner) => volumes.restore(id, inner)),
        purge: (id, signal) => run(signal, (inner) => volumes.purge(id, inner)),
      },
      dumps: {
        take: (id, instanceId, signal) => run(signal, (inner) => dumps.take(id, instanceId, inner)),
        play: (dump, instanceId, signal) => run(signal, (inner) => dumps.play(dump, instanceId, inner)),
        remove: (id, signal) => run(signal, (inner) => dumps.remove(id, inner)),
      },
    };
  };
}
