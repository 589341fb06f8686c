/** Records what an engine on fakes does to its machine: each call that was carried out, and what it meant. For tests. */
import type { FakeRegion } from '#server/agent/fake-region.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';
import type { EdgeServer, Publication } from '#server/edge/types.ts';
import type { ChangingCall, Confirmed, ContainerEvent, Published, RequestFact } from '#server/release/history.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';

export interface Recording {
  calls: ChangingCall[];
  published: Published[];
  confirmed: Confirmed[];
  containers: ContainerEvent[];
  requests: RequestFact[];
}
export interface Recorder {
  recording: Recording;
  /** The same region, written down. Put what shall be caught outside of it, what shall be trusted inside. */
  record(region: FencedRegion): FencedRegion;
  /** Sends one request to the host from now on at every call; the first that is served makes every later one count. */
  probe(deploymentId: string, host: string): void;
}

const never = new AbortController().signal;

export function createRecorder(fake: FakeRegion): Recorder {
  const recording: Recording = { calls: [], published: [], confirmed: [], containers: [], requests: [] };
  let last = 0;
  /** Two events of one millisecond keep their order. */
  const tick = (): number => (last = Math.max(Date.now(), last + 0.001));
  const probes = new Map<string, { host: string; served: boolean }>();

  const ask = async (deploymentId: string, one: { host: string; served: boolean }): Promise<void> => {
    const startedAt = tick();
    const answer = fake.edge.request(one.host);
    if (answer.kind === 'held' && !answer.refused) return; // it has no answer yet
    const spec = answer.kind === 'server' ? fake.runtime.specs().find(({ id }) => id === answer.server) : undefined;
    const isUp = spec !== undefined && (await fake.runtime.accepts(spec.address, Number(spec.env['PORT']), 1, never));
    one.served ||= isUp;
    if (!one.served) return;
    const fact = { deploymentId, startedAt, endedAt: tick(), kind: 'get' };
    if (isUp && answer.kind === 'server') recording.requests.push({ ...fact, release: answer.release, failure: null });
    else recording.requests.push({ ...fact, release: '', failure: answer.kind });
  };
  const probeAll = async (): Promise<void> => {
    for (const [deploymentId, one] of probes) await ask(deploymentId, one);
  };
  const happened = (instanceId: string, kind: ContainerEvent['kind']): void =>
    void recording.containers.push({ at: tick(), instanceId, kind });
  const isThere = (id: string): boolean => fake.runtime.specs().some((spec) => spec.id === id);

  const record =
    (region: FencedRegion): FencedRegion =>
    (fence) => {
      const inner = region(fence);
      const call = async <T>(method: string, work: Promise<T>): Promise<T> => {
        const result = await work;
        recording.calls.push({ at: tick(), scope: fence.scope, fence: fence.number, method });
        await probeAll();
        return result;
      };
      const { instances, builds, edge, artifacts } = inner;
      const start = async (spec: InstanceSpec, signal: AbortSignal): Promise<void> => {
        const known = isThere(spec.id);
        await instances.start(spec, signal);
        if (known) return;
        happened(spec.id, 'created');
        happened(spec.id, 'started');
      };
      const end = (kind: 'stopping' | 'removed', id: string, work: () => Promise<void>): Promise<void> => {
        const at = tick();
        const known = isThere(id);
        return work().then(() => void (known && recording.containers.push({ at, instanceId: id, kind })));
      };
      const publish = async (publication: Publication, signal: AbortSignal): Promise<void> => {
        const servers: EdgeServer[] = publication.targets.flatMap((target) => (target.hold ? [] : [...target.servers]));
        for (const { name, address, port } of servers)
          if (await fake.runtime.accepts(address, port, 1, never)) happened(name, 'listening');
        const before = fake.edge.history.length;
        await edge.publish(publication, signal).finally(() => {
          const { deploymentId, releaseId, generation } = publication;
          const names = servers.map((server) => server.name);
          if (fake.edge.history.length > before)
            recording.published.push({ at: tick(), deploymentId, releaseId, generation, servers: names });
        });
      };
      const confirmed = async (deploymentId: string, signal: AbortSignal): Promise<number | null> => {
        const generation = await edge.confirmed(deploymentId, signal);
        if (generation !== null) recording.confirmed.push({ at: tick(), deploymentId, generation });
        return generation;
      };
      const recorded: Region = {
      ...inner,
      instances: {
        ...instances,
        ensureNetwork: (spec, signal) => call('instances.ensureNetwork', instances.ensureNetwork(spec, signal)),
        removeNetwork: (id, signal) => call('instances.removeNetwork', instances.removeNetwork(id, signal)),
        start: (spec, signal) => call('instances.start', start(spec, signal)),
        keepAlive: (id, on, signal) => call('instances.keepAlive', instances.keepAlive(id, on, signal)),
        stop: (id, grace, signal) => call('instances.stop', end('stopping', id, () => instances.stop(id, grace, signal))),
        remove: (id, signal) => call('instances.remove', end('removed', id, () => instances.remove(id, signal))),
      },
      artifacts: {
        ...artifacts,
        remove: (reference, signal) => call('artifacts.remove', artifacts.remove(reference, signal)),
      },
      builds: {
        ...builds,
        build: (request, onEvent, signal) => call('builds.build', builds.build(request, onEvent, signal)),
        store: (imageId, reference, signal) => call('builds.store', builds.store(imageId, reference, signal)),
        discard: (workId, signal) => call('builds.discard', builds.discard(workId, signal)),
      },
      edge: {
        ...edge,
        publish: (publication, signal) => call('edge.publish', publish(publication, signal)),
        confirmed,
        drain: (id, names, signal) => call('edge.drain', edge.drain(id, names, signal)),
        remove: (id, names, signal) => call('edge.remove', edge.remove(id, names, signal)),
        withdraw: (id, signal) => call('edge.withdraw', edge.withdraw(id, signal)),
      },
    }; // prettier-ignore
      return recorded;
    };
  return { recording, record, probe: (deploymentId, host) => void probes.set(deploymentId, { host, served: false }) };
}
