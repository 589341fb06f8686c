/** The commits between two points of a history. Pure. */
import type { CodeDiff, CommitLine } from '#server/domain/views/releases.ts';

/** How much of a history is looked at, and how much is shown. */
export const lookedAt = 100;
export const shownCommitCount = 20;

export interface LoggedCommit {
  commit: string;
  message: string;
  author: string;
  at: string | null;
}
export const commitLine = ({ commit, message, author, at }: LoggedCommit): CommitLine => ({
  commit,
  subject: (message.split('\n', 1)[0] ?? '').slice(0, 200),
  author,
  at,
});
type Between = Pick<CodeDiff, 'relation' | 'commits' | 'more'>;

const bounded = (relation: CodeDiff['relation'], commits: readonly LoggedCommit[]): Between => ({
  relation,
  commits: commits.slice(0, shownCommitCount).map(commitLine),
  more: Math.max(0, commits.length - shownCommitCount),
});

/**
 * What lies between `from`, which is live, and `to`, by the histories of both, newest first. A history may be cut off
 * after `lookedAt` commits: what is further away counts as `other`.
 */
export function commitsBetween(
  from: string | null,
  to: string,
  history: { ofTo: readonly LoggedCommit[]; ofFrom: readonly LoggedCommit[] },
): Between {
  const { ofTo, ofFrom } = history;
  if (from === null) return { relation: 'new', commits: ofTo.slice(0, 1).map(commitLine), more: 0 };
  if (from === to) return { relation: 'same', commits: [], more: 0 };
  const ahead = ofTo.findIndex((one) => one.commit === from);
  if (ahead >= 0) return bounded('ahead', ofTo.slice(0, ahead));
  const behind = ofFrom.findIndex((one) => one.commit === to);
  if (behind >= 0) return bounded('behind', ofFrom.slice(0, behind));
  return { ...bounded('other', ofTo.slice(0, shownCommitCount)), more: null };
}
