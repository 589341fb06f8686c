/** What the list of commits says. Pure. */
import { countWords } from '#app/ui/time-words.ts';
import type { CodeDiff } from '#server/domain/views/releases.ts';

/** Components that move from one and the same commit to another: one entry with all their names. */
export function codeGroups(code: readonly CodeDiff[]): { diff: CodeDiff; components: string[] }[] {
  const groups = new Map<string, { diff: CodeDiff; components: string[] }>();
  for (const diff of code) {
    const key = [diff.refName, diff.from, diff.to, diff.relation].join(' ');
    const group = groups.get(key);
    if (group) group.components.push(diff.component);
    else groups.set(key, { diff, components: [diff.component] });
  }
  return [...groups.values()];
}

/** A commit by its first 7 characters; an image by its name and the first 12 of its digest. */
export function shortCode(code: string): string {
  const [name = '', digest] = code.split('@sha256:');
  return digest === undefined ? code.slice(0, 7) : `${name}@${digest.slice(0, 12)}`;
}

/** How what would ship stands to what is live; what one should think about is marked. */
export function codeSentence(diff: CodeDiff): { text: string; isWarning: boolean } {
  const from = diff.builtBy
    ? `the newest build of ${diff.refName ?? ''}, release ${String(diff.builtBy.number ?? '')} of ${diff.builtBy.deployment}`
    : (diff.refName ?? '');
  const say = (text: string, isWarning = false) => ({ text, isWarning });
  const count = (diff.more ?? 0) + diff.commits.length;
  switch (diff.relation) {
    case 'same':
      return say(diff.refName === null ? 'same image' : `${from}: same commit as live`);
    case 'ahead':
      return say(`${from}: ${countWords(count, 'new commit')}`);
    case 'behind':
      return say(`${from}: goes back, ${countWords(count, 'commit')} taken away`, true);
    case 'other':
      return say(`${from}: another history than what is live; its newest commits`, true);
    case 'new':
      return say(`${from}: nothing of it is live yet`);
    case 'image':
      return say(diff.from === null ? 'a new image' : 'another image');
    default:
      return diff.relation satisfies never;
  }
}

/** "and 12 more", or that nobody counted; null when all are shown. */
export function moreWords(diff: Pick<CodeDiff, 'more' | 'commits' | 'relation'>): string | null {
  if (diff.more === null) return 'and what came before';
  return diff.more === 0 ? null : `and ${countWords(diff.more, 'more', 'more')}`;
}

/** Counts commits that would come or go; for a line where there is no room for the list. */
export const codeSummary = (code: readonly CodeDiff[]): string =>
  codeGroups(code)
    .map(({ diff, components }) => `${components.join(', ')}: ${codeSentence(diff).text}`)
    .join('; ');
