/** How a component's new instances follow its old ones. Pure. */
import type { SnapshotComponent } from '#server/domain/release.ts';
import { handOvers } from '#server/domain/words.ts';

export type HandOver = (typeof handOvers)[number];
type Handed = Pick<SnapshotComponent, 'kind' | 'settings'>;

/**
 * `overlap`: new beside old. `single`: never two at once; always for an add-on and for what has storage, because two
 * writers on one set of files destroy it. `after-switch`: new beside old, but only once the routes lead to the release; a worker's choice.
 */
export function handOverOf({ kind, settings }: Handed): HandOver {
  if (kind === 'add-on' || (settings.volumes ?? []).length > 0 || settings.handOver === 'single') return 'single';
  return kind === 'worker' ? settings.handOver : 'overlap';
}

/** What is wrong with the choice, as a message for its setting; null when nothing is. */
export function handOverProblem({
  kind,
  settings,
}: Handed): { path: 'handOver' | 'instances'; message: string } | null {
  if (settings.handOver === 'after-switch' && kind !== 'worker')
    return { path: 'handOver', message: 'Only a worker can start after the switch: what gets requests has to be there before.' }; // prettier-ignore
  if (handOverOf({ kind, settings }) === 'single' && settings.instances > 1)
    return { path: 'instances', message: 'One at a time means one instance: choose 1 instance, or “New beside old”.' };
  return null;
}
