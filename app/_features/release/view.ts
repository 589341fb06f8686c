/** What the release pages say, from the facts that the API gives. Pure. */
import type { Failure, FixTarget, ReleaseReport, ReleaseTrigger } from '#server/domain/release.ts';
import { isActive, isWaiting, type ReleaseKind, type ReleaseState } from '#server/domain/release-machine.ts';
import type { CommitRef, LogLineView, ReleaseRow, ReleaseStepView } from '#server/domain/views/releases.ts';
import { plainText } from '#app/ui/sgr.ts';
import type { Tone } from '#app/ui/status.tsx';
import { countWords, durationWords } from '#app/ui/time-words.ts';

export const stateWords: Record<ReleaseState, { word: string; tone: Tone }> = {
  held: { word: 'Held', tone: 'waiting' },
  queued: { word: 'Queued', tone: 'waiting' },
  fetching: { word: 'Fetching', tone: 'busy' },
  building: { word: 'Building', tone: 'busy' },
  storing: { word: 'Storing', tone: 'busy' },
  starting: { word: 'Starting', tone: 'busy' },
  checking: { word: 'Checking', tone: 'busy' },
  hook: { word: 'Running hooks', tone: 'busy' },
  switching: { word: 'Switching', tone: 'busy' },
  live: { word: 'Live', tone: 'green' },
  retiring: { word: 'Retiring', tone: 'grey' },
  retired: { word: 'Retired', tone: 'grey' },
  cancelling: { word: 'Aborting', tone: 'busy' },
  aborted: { word: 'Aborted', tone: 'grey' },
  superseded: { word: 'Superseded', tone: 'grey' },
  failed: { word: 'Failed', tone: 'red' },
};

export const kindWords: Record<ReleaseKind, string> = {
  deploy: 'Deploy',
  'tag-and-deploy': 'Tag and deploy',
  configuration: 'Configuration',
  promotion: 'Promotion',
  rollback: 'Rollback',
  'development-apply': 'Apply',
  restart: 'Restart',
  scale: 'Scale',
  suspend: 'Suspend',
  resume: 'Resume',
  wake: 'Wake',
  reschedule: 'Reschedule',
};

/** One word for lists. An operation that went through is done; what stays live is the release. */
export const stateLabel = (row: Pick<ReleaseRow, 'state' | 'isLive' | 'number' | 'outcome'>): string =>
  row.number === null && row.outcome === 'live' ? 'Done' : row.isLive ? 'Live' : stateWords[row.state].word;

/** "Release 42", or the operation's name. */
export const releaseTitle = (release: { number: number | null; kind: ReleaseKind }): string =>
  release.number === null ? kindWords[release.kind] : `Release ${String(release.number)}`;

/** Why the release cannot be tagged, or null. */
export function tagRefusal(release: Pick<ReleaseRow, 'tag' | 'outcome'>): string | null {
  if (release.tag) return `It is ${release.tag.name} already`;
  return release.outcome === 'live' ? null : 'Only what is or was live';
}

export function triggerWords(trigger: ReleaseTrigger, requestedBy: { name: string } | null): string {
  switch (trigger.by) {
    case 'person':
      return requestedBy ? `by ${requestedBy.name}` : 'by a former member';
    case 'push':
      return `by a push to ${trigger.ref}`;
    case 'api':
      return 'through the API';
    case 'rollback':
      if (trigger.because) return `to ${String(trigger.toNumber)} by the platform: ${trigger.because}`;
      return `to ${String(trigger.toNumber)}${requestedBy ? ` by ${requestedBy.name}` : ''}`;
    case 'promotion':
      return `from ${trigger.deployment}${trigger.number === null ? '' : `, release ${String(trigger.number)}`}${requestedBy ? ` by ${requestedBy.name}` : ''}`;
    case 'platform':
      return `by the platform: ${trigger.note}`;
    default:
      return trigger satisfies never;
  }
}

const phaseWords: Partial<Record<ReleaseState, string>> = {
  held: 'while it waited',
  queued: 'in the queue',
  fetching: 'while fetching the code',
  building: 'in the build',
  storing: 'while storing the image',
  starting: 'while starting',
  checking: 'in the health check',
  hook: 'in a hook',
  switching: 'while switching traffic',
  cancelling: 'while undoing',
};
/** "in the build": where a release failed. */
export const phaseOf = (failure: Pick<Failure, 'phase'>): string => phaseWords[failure.phase] ?? 'on the way';

interface HeadlineFacts extends Pick<ReleaseRow, 'state' | 'heldReason' | 'failure' | 'isLive'> {
  /** Null for operations: they are done, not live. */
  number?: number | null;
  queuePosition?: number | null;
  supersededBy?: { number: number | null } | null;
}
/** The sentence at the top: is it fine; if not, why. */
export function headline(release: HeadlineFacts): { tone: Tone; sentence: string } {
  const { tone, word } = stateWords[release.state];
  switch (release.state) {
    case 'held':
      return { tone, sentence: `Held: ${release.heldReason ?? 'waiting for room'}` };
    case 'queued':
      return {
        tone,
        sentence: release.queuePosition
          ? `Waiting, place ${String(release.queuePosition)} in the queue`
          : 'Waiting for a slot',
      };
    case 'failed':
      return { tone, sentence: release.failure?.message ?? 'Failed' };
    case 'superseded':
      return {
        tone,
        sentence: release.supersededBy?.number
          ? `Superseded by release ${String(release.supersededBy.number)}`
          : 'Superseded by a newer release',
      };
    case 'live':
      return { tone, sentence: 'Live: serves all requests' };
    case 'retiring':
    case 'retired':
      if (release.number === null) return { tone: 'green', sentence: 'Done' };
      return release.isLive
        ? { tone: 'green', sentence: 'Live: serves all requests' }
        : { tone, sentence: 'Was live, replaced by a newer release' };
    case 'aborted':
      return { tone, sentence: 'Aborted: nothing was changed' };
    case 'fetching':
    case 'building':
    case 'storing':
    case 'starting':
    case 'checking':
    case 'hook':
    case 'switching':
    case 'cancelling':
      return { tone, sentence: word };
    default:
      return release.state satisfies never;
  }
}

const stepTitles: Record<ReleaseState, string> = {
  held: 'Wait for room',
  queued: 'Wait in the queue',
  fetching: 'Fetch the code',
  building: 'Build',
  storing: 'Store the image',
  starting: 'Start instances',
  checking: 'Check that they are ready',
  hook: 'Run hooks',
  switching: 'Switch traffic',
  live: 'Live',
  retiring: 'Retire the old instances',
  retired: 'Retired',
  cancelling: 'Undo',
  aborted: 'Aborted',
  superseded: 'Superseded',
  failed: 'Failed',
};
const way = ['queued', 'fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching', 'live'] as const;

export interface StepRow {
  key: string;
  state: ReleaseState;
  title: string;
  progress: 'done' | 'working' | 'failed' | 'stopped' | 'ahead';
  startedAt: Date | null;
  endedAt: Date | null;
  note: string;
}

/** Steps that were visited, in order, then those still ahead; ends that are no work (failed, aborted) mark the step they ended in. */
export function stepRows(release: {
  state: ReleaseState;
  steps: readonly ReleaseStepView[];
  failurePhase: ReleaseState | null;
}): StepRow[] {
  const visited = release.steps.filter((step) => !['failed', 'aborted', 'superseded', 'retired'].includes(step.state));
  const last = visited.at(-1);
  const isOver = !isActive(release.state) && !isWaiting(release.state);
  const rows = visited.map((step): StepRow => {
    const isFailed = release.state === 'failed' && step === last;
    const isStopped = (release.state === 'aborted' || release.state === 'superseded') && step === last;
    const isWorking = step.endedAt === null && !isOver && step === last;
    return {
      key: `${step.state}-${String(step.seq)}`,
      state: step.state,
      title: stepTitles[step.state],
      progress: isFailed ? 'failed' : isStopped ? 'stopped' : isWorking ? 'working' : 'done',
      startedAt: step.startedAt,
      endedAt: step.endedAt ?? (step.state === 'live' || !isOver ? null : step.startedAt),
      note: step.note,
    };
  });
  const { failurePhase } = release;
  // It failed before its turn came: the step is the one that it would have failed in.
  if (release.state === 'failed' && failurePhase !== null && !visited.some((step) => step.state === failurePhase))
    return [
      ...rows.map((row): StepRow => ({ ...row, progress: 'done' })),
      { key: failurePhase, state: failurePhase, title: stepTitles[failurePhase], progress: 'failed', startedAt: null, endedAt: null, note: '' },
    ]; // prettier-ignore
  if (isOver || release.state === 'cancelling') return rows;
  const reached = Math.max(...visited.map((step) => way.indexOf(step.state as (typeof way)[number])), -1);
  const ahead = way.slice(reached + 1).map((state): StepRow => ({
    key: state, state, title: stepTitles[state], progress: 'ahead', startedAt: null, endedAt: null, note: '',
  })); // prettier-ignore
  return [...rows, ...ahead];
}

/** Deals the lines of the one log out to the steps: build and hook output by its kind, the rest by time. */
export function linesByStep<L extends Pick<LogLineView, 'at' | 'kind'>>(
  rows: readonly StepRow[],
  lines: readonly L[],
): Map<string, L[]> {
  const started = rows.filter((row) => row.startedAt !== null);
  const parts = new Map<string, L[]>(started.map((row) => [row.key, []]));
  const starts = started.map((row) => row.startedAt?.toISOString() ?? '');
  const lastOf = (state: ReleaseState): StepRow | undefined => started.findLast((row) => row.state === state);
  const [building, hook] = [lastOf('building'), lastOf('hook')];
  for (const line of lines) {
    const own = line.kind === 'build' ? building : line.kind === 'hook' ? hook : undefined;
    const index = starts.findLastIndex((start) => start <= line.at);
    const row = own ?? started[Math.max(index, 0)];
    if (row) parts.get(row.key)?.push(line);
  }
  return parts;
}

/** Where a failure is mended, below `/<org>/<project>/<deployment>`; null when trying again is the way. */
export function fixHref(base: string, fix: FixTarget | undefined, org: string): string | null {
  if (!fix) return null;
  if (fix.kind === 'setting') {
    const query = new URLSearchParams({ component: fix.componentId, setting: fix.path });
    if (fix.suggestion) query.set('suggest', JSON.stringify(fix.suggestion.value));
    return `${base}/components?${query.toString()}`;
  }
  if (fix.kind === 'variables') return `${base}/variables${fix.key ? `?key=${encodeURIComponent(fix.key)}` : ''}`;
  if (fix.kind === 'credential')
    return `/${org}/settings/credentials?repository=${encodeURIComponent(fix.repositoryId)}`;
  return null;
}
export const fixLabel = (fix: FixTarget | undefined): string =>
  fix?.kind === 'setting' ? (fix.suggestion?.label ?? 'Open the setting')
  : fix?.kind === 'variables' ? 'Open the variables'
  : fix?.kind === 'credential' ? 'Open the credentials'
  : 'Deploy again'; // prettier-ignore

/** What the edge counted during the switch, as one sentence. */
export function reportSentence(report: ReleaseReport): string {
  const served = countWords(report.servedRequests, 'request');
  const held = report.heldRequests ? `${countWords(report.heldRequests, 'request')} held at the edge, ` : '';
  const drained = countWords(report.drainedConnections, 'connection');
  const cut =
    report.cutConnections > 0 ? `, ${report.cutConnections.toLocaleString('en-US')} cut at the drain limit` : '';
  return `${served} served, ${report.failedRequests.toLocaleString('en-US')} failed, ${held}${drained} drained${cut}; the switch took ${report.switchMs < 1000 ? `${String(report.switchMs)} ms` : durationWords(report.switchMs)}`;
}

/** Components of one repository share their commit: one entry with all their names. */
export function commitGroups(commits: readonly CommitRef[]): { commit: CommitRef; components: string[] }[] {
  const groups = new Map<string, { commit: CommitRef; components: string[] }>();
  for (const commit of commits) {
    const group = groups.get(`${commit.refName}@${commit.commit}`);
    if (group) group.components.push(commit.component);
    else groups.set(`${commit.refName}@${commit.commit}`, { commit, components: [commit.component] });
  }
  return [...groups.values()];
}

/** The line to look at first in a step that failed: the first error of the last 60 lines, where causes stand before their echoes. */
export const firstError = <L extends { key: string; level: string }>(lines: readonly L[]): string | null =>
  lines.slice(-60).find((line) => line.level === 'error')?.key ?? null;

/** For a sentence that goes on after a name. */
export const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** Lines with the words in them; all for an empty search. Case does not matter, colours are no words. */
export function matching<L extends { text: string }>(lines: readonly L[], search: string): readonly L[] {
  const wanted = search.trim().toLowerCase();
  return wanted === '' ? lines : lines.filter((line) => plainText(line.text).toLowerCase().includes(wanted));
}
