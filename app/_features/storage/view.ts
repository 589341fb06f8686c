/** Volumes and databases as people read them. Pure. */
import type { DatabaseView, DumpView, StorageView, VolumeView } from '#server/domain/views/storage.ts';
import type { Tone } from '#app/ui/status.tsx';

const gib = 1024 ** 3;
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "512 B", "3.1 GiB". */
export function sizeWords(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
export const gibOf = (bytes: number): number => Math.round(bytes / gib);

/** From 0 to 1; null while nobody looked. */
export const fullness = (volume: Pick<VolumeView, 'usedBytes' | 'sizeBytes'>): number | null =>
  volume.usedBytes === null ? null : Math.min(1, volume.usedBytes / volume.sizeBytes);

/** A volume that fills up is an issue before it is a failure. */
export function fullnessTone(volume: Pick<VolumeView, 'usedBytes' | 'sizeBytes'>): Tone {
  const full = fullness(volume);
  if (full === null) return 'unknown';
  if (full >= 0.95) return 'red';
  return full >= 0.85 ? 'yellow' : 'green';
}

export function usageWords(volume: Pick<VolumeView, 'usedBytes' | 'sizeBytes' | 'isEnforced'>): string {
  const used = volume.usedBytes === null ? 'not measured yet' : `${sizeWords(volume.usedBytes)} used`;
  return volume.isEnforced === false ? `${used}, size not enforced` : `${used} of ${sizeWords(volume.sizeBytes)}`;
}

/** Why it cannot be deleted now; null when it can. */
export const deleteProblem = (volume: Pick<VolumeView, 'isMounted' | 'component'>): string | null =>
  volume.isMounted
    ? `${volume.component.name} mounts it. Take it out of the component and deploy, then it can be deleted`
    : null;

export const jobTone: Readonly<Record<DumpView['state'], Tone>> = {
  waiting: 'waiting',
  running: 'busy',
  done: 'green',
  failed: 'red',
};
export function jobWords(job: Pick<DumpView, 'kind' | 'state' | 'sizeBytes' | 'failure' | 'startedBy'>): string {
  const what = job.kind === 'dump' ? (job.startedBy === 'schedule' ? 'Scheduled dump' : 'Dump') : 'Restore';
  switch (job.state) {
    case 'waiting':
      return `${what} waits`;
    case 'running':
      return `${what} in progress`;
    case 'failed':
      return `${what} failed: ${job.failure ?? 'no reason was given'}`;
    case 'done':
      return job.kind === 'dump' && job.sizeBytes !== null ? `${what}, ${sizeWords(job.sizeBytes)}` : `${what} done`;
    default:
      return job.state satisfies never;
  }
}

/** What of it goes with a deployment. */
export const storageLines = (storage: StorageView | undefined): string[] => [
  ...(storage?.databases ?? []).map(
    ({ component, title }) => `the ${title} database ${component.name} with all its data`,
  ),
  ...(storage?.volumes ?? []).map(
    (volume) =>
      `the volume ${volume.name} of ${volume.component.name}${volume.usedBytes === null ? '' : `, ${sizeWords(volume.usedBytes)}`}`,
  ),
];

/** "every day, the newest 7 are kept". */
export function scheduleWords(schedule: DatabaseView['schedule']): string {
  if (!schedule) return 'only by hand';
  const { everyHours, keep } = schedule;
  const often =
    everyHours % 24 === 0
      ? everyHours === 24
        ? 'every day'
        : `every ${everyHours / 24} days`
      : everyHours === 1
        ? 'every hour'
        : `every ${everyHours} hours`;
  return `${often}, the newest ${keep} ${keep === 1 ? 'is' : 'are'} kept`;
}
