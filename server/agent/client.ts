/** The region as worker and gateway see it: the agent's socket behind the same ports. */
import { createTRPCClient } from '@trpc/client';
import type { AgentRouter } from '#server/agent/router.ts';
import { fromWire } from '#server/agent/rpc.ts';
import { socketLink } from '#server/agent/socket-link.ts';
import type { Fence, FencedRegion } from '#server/agent/types.ts';
import type { BuildEngine } from '#server/build/types.ts';
import type { EdgeDriver } from '#server/edge/types.ts';
import type { ArtifactStore, InstanceDriver, SessionDriver } from '#server/runtime/types.ts';
import type { DumpDriver } from '#server/volumes/dump-types.ts';
import type { VolumeDriver } from '#server/volumes/types.ts';

type Client = ReturnType<typeof createClient>;

/**
 * Opens nothing before the first call and needs no closing: idle connections end by themselves. Every call throws
 * AppError with the code that the agent gave, `unavailable` when it is away, `aborted` when the signal fired, which also
 * ends the work in the agent.
 */
export function connectAgent(socketPath: string): FencedRegion {
  const client = createClient(socketPath);
  const sessions = sessionsOver(client);
  const capacity = {
    capacity: (signal: AbortSignal) => call(signal, (options) => client.capacity.read.query(undefined, options)),
  };
  return (fence) => ({
    sessions,
    capacity,
    instances: instancesOver(client, fence),
    artifacts: artifactsOver(client, fence),
    builds: buildsOver(client, fence),
    edge: edgeOver(client, fence),
    volumes: volumesOver(client, fence),
    dumps: dumpsOver(client, fence),
  });
}

const createClient = (socketPath: string) => createTRPCClient<AgentRouter>({ links: [socketLink(socketPath)] });

async function call<T>(signal: AbortSignal, run: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> {
  try {
    return await run({ signal });
  } catch (error) {
    throw fromWire(error, signal);
  }
}

/** Ends without an error when its signal fires while it is open, as the ports' own streams do. */
async function* stream<T>(
  signal: AbortSignal,
  open: (options: { signal: AbortSignal }) => Promise<AsyncIterable<T>>,
): AsyncGenerator<T> {
  const left = new AbortController();
  const both = AbortSignal.any([signal, left.signal]);
  let isOpen = false;
  try {
    const items = await open({ signal: both });
    isOpen = true;
    yield* items;
  } catch (error) {
    if (signal.aborted && isOpen) return;
    throw fromWire(error, signal);
  } finally {
    left.abort();
  }
}

function instancesOver(client: Client, fence: Fence): InstanceDriver {
  const { instances } = client;
  return {
    ensureNetwork: (spec, signal) => call(signal, (o) => instances.ensureNetwork.mutate({ fence, spec }, o)),
    removeNetwork: (deploymentId, signal) =>
      call(signal, (o) => instances.removeNetwork.mutate({ fence, deploymentId }, o)),
    start: (spec, signal) => call(signal, (o) => instances.start.mutate({ fence, spec }, o)),
    keepAlive: (instanceId, on, signal) =>
      call(signal, (o) => instances.keepAlive.mutate({ fence, instanceId, on }, o)),
    stop: (instanceId, graceMs, signal) =>
      call(signal, (o) => instances.stop.mutate({ fence, instanceId, graceMs }, o)),
    remove: (instanceId, signal) => call(signal, (o) => instances.remove.mutate({ fence, instanceId }, o)),
    observe: (signal) => stream(signal, (o) => instances.observe.query(undefined, o)),
    inspect: (instanceId, signal) => call(signal, (o) => instances.inspect.query({ instanceId }, o)),
    stats: (signal) => call(signal, (o) => instances.stats.query(undefined, o)),
  };
}

function sessionsOver({ sessions }: Client): SessionDriver {
  return {
    logs: (instanceId, options, signal) => stream(signal, (o) => sessions.logs.query({ instanceId, options }, o)),
    listening: (instanceId, signal) => call(signal, (o) => sessions.listening.query({ instanceId }, o)),
    accepts: (address, port, timeoutMs, signal) =>
      call(signal, (o) => sessions.accepts.query({ address, port, timeoutMs }, o)),
    httpStatus: (address, port, path, timeoutMs, signal) =>
      call(signal, (o) => sessions.httpStatus.query({ address, port, path, timeoutMs }, o)),
  };
}

function artifactsOver({ artifacts }: Client, fence: Fence): ArtifactStore {
  return {
    find: (reference, signal) => call(signal, (o) => artifacts.find.query({ reference }, o)),
    resolve: (reference, signal) => call(signal, (o) => artifacts.resolve.query({ reference }, o)),
    remove: (reference, signal) => call(signal, (o) => artifacts.remove.mutate({ fence, reference }, o)),
    list: (signal) => call(signal, (o) => artifacts.list.query(undefined, o)),
  };
}

function buildsOver({ builds }: Client, fence: Fence): BuildEngine {
  return {
    async build(request, onEvent, signal) {
      for await (const message of stream(signal, (o) => builds.build.mutate({ fence, request }, o))) {
        if (message.kind === 'result') return message.result;
        for (const event of message.events) onEvent(event);
      }
      throw fromWire(new Error('The agent ended a build without its result.'), signal);
    },
    store: (imageId, reference, signal) => call(signal, (o) => builds.store.mutate({ fence, imageId, reference }, o)),
    discard: (workId, signal) => call(signal, (o) => builds.discard.mutate({ fence, workId }, o)),
  };
}

function dumpsOver({ dumps }: Client, fence: Fence): DumpDriver {
  return {
    take: (dumpId, instanceId, signal) => call(signal, (o) => dumps.take.mutate({ fence, dumpId, instanceId }, o)),
    play: ({ id: dumpId, checksum }, instanceId, signal) =>
      call(signal, (o) => dumps.play.mutate({ fence, dumpId, checksum, instanceId }, o)),
    remove: (dumpId, signal) => call(signal, (o) => dumps.remove.mutate({ fence, dumpId }, o)),
  };
}

function volumesOver({ volumes }: Client, fence: Fence): VolumeDriver {
  return {
    create: (spec, signal) => call(signal, (o) => volumes.create.mutate({ fence, spec }, o)),
    grow: (spec, signal) => call(signal, (o) => volumes.grow.mutate({ fence, spec }, o)),
    usage: (signal) => call(signal, (o) => volumes.usage.query(undefined, o)),
    copy: (fromId, spec, signal) => call(signal, (o) => volumes.copy.mutate({ fence, fromId, spec }, o)),
    snapshot: (fromId, spec, signal) => call(signal, (o) => volumes.snapshot.mutate({ fence, fromId, spec }, o)),
    trash: (volumeId, signal) => call(signal, (o) => volumes.trash.mutate({ fence, volumeId }, o)),
    restore: (volumeId, signal) => call(signal, (o) => volumes.restore.mutate({ fence, volumeId }, o)),
    purge: (volumeId, signal) => call(signal, (o) => volumes.purge.mutate({ fence, volumeId }, o)),
  };
}

function edgeOver({ edge }: Client, fence: Fence): EdgeDriver {
  const mutable = (names: readonly string[]): string[] => [...names];
  return {
    publish: (publication, signal) => call(signal, (o) => edge.publish.mutate({ fence, publication }, o)),
    confirmed: (deploymentId, signal) => call(signal, (o) => edge.confirmed.query({ deploymentId }, o)),
    drain: (deploymentId, names, signal) =>
      call(signal, (o) => edge.drain.mutate({ fence, deploymentId, names: mutable(names) }, o)),
    remove: (deploymentId, names, signal) =>
      call(signal, (o) => edge.remove.mutate({ fence, deploymentId, names: mutable(names) }, o)),
    traffic: (deploymentId, signal) => call(signal, (o) => edge.traffic.query({ deploymentId }, o)),
    withdraw: (deploymentId, signal) => call(signal, (o) => edge.withdraw.mutate({ fence, deploymentId }, o)),
  };
}
