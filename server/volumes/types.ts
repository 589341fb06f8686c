/**
 * Port: VolumeDriver. A volume is named storage that outlives instances. It has one owner at a time: an instance that is
 * started with it (`InstanceSpec.volumes`) has it until it stops for good. Every method takes an AbortSignal last and throws
 * AppError: `unavailable` (try again), `aborted`, `conflict` (in use, or not in the state that the call needs), `not_found`.
 * Errors about one volume carry `field: volumes.<id>`.
 */
import { AppError } from '#server/errors.ts';
import type { ErrorCode } from '#server/errors.ts';

export interface VolumeSpec {
  /** Ours: `vol_…`. */
  id: string;
  sizeBytes: number;
}
/** A volume as it is mounted into an instance. */
export interface VolumeMount {
  volumeId: string;
  /** Absolute path inside the instance. */
  path: string;
}

export interface VolumeUsage {
  id: string;
  usedBytes: number;
  /** What it can hold; null where the machine cannot enforce a size. */
  sizeBytes: number | null;
}

export interface VolumeDriver {
  /** An empty volume; one that is there already stays as it is. @throws conflict when it is in the trash, or the disk has no room for it. */
  create(spec: VolumeSpec, signal: AbortSignal): Promise<void>;
  /** Never shrinks: a smaller size changes nothing. `at-next-start`: while it is in use this machine cannot; the next start does it. @throws not_found, conflict (no room) */
  grow(spec: VolumeSpec, signal: AbortSignal): Promise<'done' | 'at-next-start'>;
  /** Of all volumes that are not in the trash. */
  usage(signal: AbortSignal): Promise<VolumeUsage[]>;
  /** A new volume with the same content; the copy appears whole or not at all. @throws conflict while the source is in use */
  copy(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void>;
  /** As `copy`, also while it is in use: what a power cut at one moment would leave. */
  snapshot(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void>;
  /** Out of reach, content kept. Fine when it is there already. @throws conflict while it is in use, not_found */
  trash(id: string, signal: AbortSignal): Promise<void>;
  /** Back from the trash, as it was. Fine when it is back already. @throws not_found */
  restore(id: string, signal: AbortSignal): Promise<void>;
  /** Deletes for good what is in the trash, and nothing else. Fine when it is gone. @throws conflict when it is not in the trash */
  purge(id: string, signal: AbortSignal): Promise<void>;
}

/**
 * What the runtime of the same machine asks before it starts an instance. Not offered by the agent: nobody else may start
 * something on a volume.
 */
export interface VolumeClaims {
  /**
   * Runs `start` with the folder of each volume while nothing else can take it. Each is mounted, and the mark inside says
   * that it is the volume asked for: an empty mount point never passes for an empty volume.
   * @throws conflict when another instance has one of them, not_found when one is missing or not marked as itself
   */
  claim<T>(
    volumeIds: readonly string[],
    instanceId: string,
    signal: AbortSignal,
    start: (folders: ReadonlyMap<string, string>) => Promise<T>,
  ): Promise<T>;
}

export const volumeError = (id: string, code: ErrorCode, message: string, cause?: unknown): AppError =>
  new AppError(code, message, { field: `volumes.${id}`, cause });
export const inUse = (id: string): AppError => volumeError(id, 'conflict', 'Another instance has this volume.');
export const missing = (id: string): AppError =>
  volumeError(id, 'not_found', 'The storage of this volume is not there.');
