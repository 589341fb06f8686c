/** How long a release may stay in a state, in scaled milliseconds; null: its step has limits of its own, or none. */
import type { Times } from '#server/config.ts';
import { handOverOf } from '#server/domain/hand-over.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';

/** What the engine itself may take to end and start instances, whatever the scale of our own times. */
const engineMs = 30_000;

/** What replacing one at a time, or starting after the switch, may add to the switch: the limits of its own parts. */
function turnsMs(components: readonly Pick<SnapshotComponent, 'kind' | 'settings'>[], timeScale: number): number {
  const seconds = components.map((component) => {
    if (handOverOf(component) === 'overlap') return 0;
    const { deadlineSeconds, settleSeconds, stopGraceSeconds } = component.settings.readiness;
    return deadlineSeconds + settleSeconds + stopGraceSeconds + 15;
  });
  const all = seconds.reduce((sum, one) => sum + one, 0);
  return all === 0 ? 0 : all * 1000 * timeScale + engineMs;
}

export function deadlineOf(
  times: Times,
  state: ReleaseState,
  components: readonly Pick<SnapshotComponent, 'kind' | 'settings'>[],
  timeScale: number,
): number | null {
  switch (state) {
    case 'fetching':
      return times.fetchDeadline;
    case 'building':
      return times.buildDeadline;
    case 'storing':
      return times.storeDeadline;
    case 'starting':
      return times.admissionDeadline;
    case 'switching':
      return times.switchDeadline + turnsMs(components, timeScale);
    case 'held':
    case 'queued':
    case 'checking':
    case 'hook':
    case 'live':
    case 'retiring':
    case 'retired':
    case 'cancelling':
    case 'aborted':
    case 'superseded':
    case 'failed':
      return null;
  }
}
