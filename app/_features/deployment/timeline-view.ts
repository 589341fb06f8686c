/** Events of a deployment as sentences. Pure. */
import type { ReleaseKind } from '#server/domain/release-machine.ts';
import type { TimelineEntry } from '#server/domain/views/releases.ts';
import { kindWords } from '#app/_features/release/view.ts';
import type { Tone } from '#app/ui/status.tsx';

export interface TimelineLine {
  seq: number;
  at: Date;
  tone: Tone;
  text: string;
  /** Who, when a person did it. */
  actor: string | null;
  /** Below the deployment's address. */
  href: string | null;
}

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const nameOf = (data: Record<string, unknown>): string =>
  typeof data['number'] === 'number'
    ? `Release ${String(data['number'])}`
    : (kindWords[text(data['kind']) as ReleaseKind] ?? 'Operation');

/** Steps on the way say nothing here: the release's own page has them. */
const onTheWay = new Set([
  'held',
  'fetching',
  'building',
  'storing',
  'starting',
  'checking',
  'hook',
  'switching',
  'cancelling',
  'retiring',
  'retired',
]);
const releaseLine = (state: string, data: Record<string, unknown>): { tone: Tone; text: string } | null => {
  const name = nameOf(data);
  switch (state) {
    case 'queued':
      return { tone: 'waiting', text: `${name} requested` };
    case 'live':
      return { tone: 'green', text: typeof data['number'] === 'number' ? `${name} live` : `${name} done` };
    case 'failed':
      return { tone: 'red', text: `${name} failed${text(data['message']) ? `: ${text(data['message'])}` : ''}` };
    case 'aborted':
      return { tone: 'grey', text: `${name} aborted` };
    case 'superseded':
      return { tone: 'grey', text: `${name} superseded by a newer one` };
    default:
      return onTheWay.has(state) ? null : { tone: 'grey', text: `${name} ${state}` };
  }
};

function otherLine(kind: string, data: Record<string, unknown>): { tone: Tone; text: string; href?: string } {
  const instance = text(data['name']) || text(data['instance']);
  switch (kind) {
    case 'deployment.created':
      return { tone: 'grey', text: 'Deployment created' };
    case 'deployment.renamed':
      return { tone: 'grey', text: `Renamed to ${text(data['name'])}`, href: '/options' };
    case 'deployment.trashed':
      return { tone: 'grey', text: 'Deployment deleted' };
    case 'deployment.restored':
      return { tone: 'grey', text: 'Deployment restored' };
    case 'deployment.auto-paused':
      return { tone: 'grey', text: `Automatic deploys paused: ${text(data['reason'])}` };
    case 'deployment.auto-reverted':
      return {
        tone: 'yellow',
        text: `Release ${text(data['number'])} is reverted to ${text(data['toNumber'])}: ${text(data['because'])}`,
      };
    case 'deployment.revert-kept':
      return { tone: 'red', text: `Release ${text(data['number'])} is not reverted: ${text(data['because'])}` };
    case 'deployment.revert-on':
      return { tone: 'grey', text: 'Auto-revert switched on', href: '/options' };
    case 'deployment.revert-off':
      return { tone: 'grey', text: 'Auto-revert switched off', href: '/options' };
    case 'deployment.auto-resumed':
      return { tone: 'grey', text: 'Automatic deploys resumed' };
    case 'draft.saved':
      return {
        tone: 'grey',
        text: text(data['fromRelease'])
          ? `Settings of release ${text(data['fromRelease'])} loaded into the draft`
          : text(data['added'])
            ? `Component ${text(data['added'])} added to the draft`
            : 'Settings edited',
        href: '/components',
      };
    case 'variables.changed':
      return { tone: 'grey', text: 'Variables edited', href: '/variables' };
    case 'component.removed':
      return { tone: 'grey', text: `Component ${text(data['name'])} removed from the project`, href: '/components' };
    case 'instance.exited':
      return { tone: 'yellow', text: `${instance || 'An instance'} ${text(data['cause']) || 'exited'}` };
    case 'instance.out-of-memory':
      return { tone: 'red', text: `${instance || 'An instance'} was killed: out of memory` };
    default: {
      const words = kind.replace(/[._-]/g, ' ');
      return {
        tone: 'grey',
        text: `${words.charAt(0).toUpperCase()}${words.slice(1)}${instance ? `: ${instance}` : ''}`,
      };
    }
  }
}

/** Newest first. A request that came to an end shows its end only. */
export function timelineLines(entries: readonly TimelineEntry[]): TimelineLine[] {
  const ended = new Set(
    entries
      .filter((entry) => /^release\.(live|failed|aborted|superseded)$/.test(entry.kind))
      .map((entry) => entry.releaseId),
  );
  return entries.flatMap((entry) => {
    const base = { seq: entry.seq, at: entry.at, actor: entry.actor?.name ?? null };
    if (!entry.kind.startsWith('release.')) {
      const line = otherLine(entry.kind, entry.data);
      return [{ ...base, tone: line.tone, text: line.text, href: line.href ?? null }];
    }
    const state = entry.kind.slice('release.'.length);
    if (state === 'queued' && ended.has(entry.releaseId)) return [];
    const line = releaseLine(state, entry.data);
    const number = entry.data['number'];
    return line
      ? [
          {
            ...base,
            ...line,
            href: `/releases/${typeof number === 'number' ? String(number) : (entry.releaseId ?? '')}`,
          },
        ]
      : [];
  });
}
