/** How long a release may stay in a state, in scaled milliseconds; null: its step has limits of its own, or none. */
import type { Times } from '#server/config.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';

export function deadlineOf(times: Times, state: ReleaseState): number | null {
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
      return times.switchDeadline;
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
