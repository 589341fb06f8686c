/**
 * Ports: InstanceDriver and SessionDriver. No vendor words; Docker, Kubernetes and a fake implement them and pass one
 * contract suite (`contract.ts`). Every method takes an AbortSignal last and throws AppError: `unavailable` (engine away,
 * try again), `aborted`, `conflict`, `not_found`.
 */
import type { VolumeMount } from '#server/volumes/types.ts';

export interface NetworkSpec {
  deploymentId: string;
  /** At most 15 characters: the bridge's name and the atomic uniqueness key. */
  bridge: string;
  /** /26 in CIDR notation. The first address is the gateway. */
  subnet: string;
}

/** A whole desired instance. The same spec always gives the same container; tenants decide no name, label, path or capability. */
export interface InstanceSpec {
  /** Instance id: the container's name is `slw-<id>`. */
  id: string;
  deploymentId: string;
  componentId: string;
  releaseId: string;
  role: 'serving' | 'hook';
  /** Image reference in this engine. */
  image: string;
  /** Run through the image's `/bin/sh -c` inside the tenant's container, never on the host; null keeps the image's own. */
  command: string | null;
  /** Complete environment, values included; never logged. */
  env: Record<string, string>;
  network: NetworkSpec;
  /** IPv4 inside the subnet. */
  address: string;
  /** Names that resolve to this address inside the deployment while it is kept alive. */
  aliases: readonly string[];
  cpuMillis: number;
  memoryMib: number;
  stopGraceSeconds: number;
  /** Storage of its own, each with one owner at a time; none when left out. */
  volumes?: readonly VolumeMount[];
}

/** What the engine says of one instance, free of interpretation. */
export interface ObservedState {
  phase: 'created' | 'running' | 'restarting' | 'exited' | 'missing';
  /** Engine time, ISO. */
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
  /** The kernel killed a process of it for memory since it started. */
  outOfMemory: boolean;
  restarts: number;
}
/** Of an instance that the engine does not know. */
export const missingState: ObservedState = {
  phase: 'missing',
  startedAt: null,
  finishedAt: null,
  exitCode: null,
  outOfMemory: false,
  restarts: 0,
};
export type Observation =
  | { kind: 'snapshot'; instances: readonly { instanceId: string; state: ObservedState }[] }
  | { kind: 'changed'; instanceId: string; state: ObservedState };

export interface InstanceStats {
  instanceId: string;
  /** Cumulative CPU time in microseconds. */
  cpuMicros: number;
  memoryBytes: number;
  memoryLimitBytes: number;
  processes: number;
  /** Cumulative, over the instance's network interface. */
  receivedBytes: number;
  sentBytes: number;
  /** Cumulative, of block devices. 0 where the kernel does not count them. */
  readBytes: number;
  writtenBytes: number;
}

export interface InstanceDriver {
  /** Creates the deployment's network; the same spec again changes nothing. */
  ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void>;
  /** Removes the network and nothing else; fine when it is gone. @throws conflict while instances are attached. */
  removeNetwork(deploymentId: string, signal: AbortSignal): Promise<void>;
  /**
   * Creates and starts; adopts a container of the same name and spec. It does not restart by itself until `keepAlive`.
   * One that has exited stays exited, since its exit code is an answer (a crash, a hook's result): remove it to run it again.
   * @throws conflict when the name has another spec, the address is taken or the network is missing; not_found when the image is.
   * With `field: volumes.<id>`: conflict when another instance has the volume, not_found when the volume is not there.
   */
  start(spec: InstanceSpec, signal: AbortSignal): Promise<void>;
  /** From live on the engine restarts a crashed instance, also after a reboot; `false` before a stop, and fine when it is gone. Its aliases resolve as long as it is on. */
  keepAlive(instanceId: string, on: boolean, signal: AbortSignal): Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`. Fine when it is stopped or gone. */
  stop(instanceId: string, graceMs: number, signal: AbortSignal): Promise<void>;
  /** Removes the container with its anonymous parts, never a volume. Fine when it is gone. */
  remove(instanceId: string, signal: AbortSignal): Promise<void>;
  /** One full snapshot of this installation's instances, then changes as they happen, until the signal fires. Ends by throwing `unavailable` when the engine goes away: call again. */
  observe(signal: AbortSignal): AsyncIterable<Observation>;
  /** `missing` when there is none. */
  inspect(instanceId: string, signal: AbortSignal): Promise<ObservedState>;
  /** Counters of all running instances, read in one round. */
  stats(signal: AbortSignal): Promise<InstanceStats[]>;
}

export interface ConsoleLine {
  /** ISO time of the engine with nanoseconds, always 30 characters: compares as text. */
  at: string;
  stream: 'stdout' | 'stderr';
  text: string;
}
export interface ListeningPort {
  port: number;
  /** True when it is bound to loopback only, so nothing outside the container reaches it. */
  loopbackOnly: boolean;
}

export interface SessionDriver {
  /**
   * Lines of the console after `since` (exclusive, an `at` of an earlier line), in order; with `follow` until the instance
   * ends or the signal fires. `tail` begins with the last lines that there are. @throws not_found when the instance is gone.
   */
  logs(
    instanceId: string,
    options: { since: string | null; follow: boolean; tail?: number },
    signal: AbortSignal,
  ): AsyncIterable<ConsoleLine>;
  /** TCP ports that processes of the instance listen on; none when it does not run. @throws not_found when it is gone. */
  listening(instanceId: string, signal: AbortSignal): Promise<ListeningPort[]>;
  /** True when a TCP connection to the port is accepted within `timeoutMs`; false otherwise. */
  accepts(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /** GET; the status, or null when nothing answered in time. Redirects are not followed. */
  httpStatus(
    address: string,
    port: number,
    path: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<number | null>;
}

/** Free and total memory of the machine in MiB: admission decides with both numbers. */
export interface Capacity {
  memoryTotalMib: number;
  memoryFreeMib: number;
  cpuMillis: number;
}
export interface CapacityReader {
  capacity(signal: AbortSignal): Promise<Capacity>;
}

export interface StoredImage {
  reference: string;
  own: boolean;
}

/** Artifacts as the runtime engine holds them. */
export interface ArtifactStore {
  /** The image id under this reference, or null. */
  find(reference: string, signal: AbortSignal): Promise<string | null>;
  /** Details of an image, given by reference or `name@sha256:…` (pulled when it is not there). Null when it cannot be had. */
  resolve(
    reference: string,
    signal: AbortSignal,
  ): Promise<{ imageId: string; sizeBytes: number; exposedPorts: number[] } | null>;
  /** Removes the name, and the image when it has no other. Fine when it is gone. @throws conflict while a container needs it. */
  remove(reference: string, signal: AbortSignal): Promise<void>;
  /** Every name in the engine that `find` knows; `own` for what this installation built, by the label that its builds carry. */
  list(signal: AbortSignal): Promise<StoredImage[]>;
}
