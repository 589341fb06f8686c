/** Which releases of the table are shown, as its address says it. Pure. */
import { kindWords, releaseTitle, stateWords, triggerWords } from '#app/_features/release/view.ts';
import type { ReleaseRow } from '#server/domain/views/releases.ts';

export const filters = { all: 'Everything', live: 'Went live', failed: 'Failed', operations: 'Operations' } as const;
type Filter = keyof typeof filters;
const passes: Record<Filter, (row: ReleaseRow) => boolean> = {
  all: () => true,
  live: (row) => row.outcome === 'live' && row.number !== null,
  failed: (row) => row.outcome === 'failed',
  operations: (row) => row.number === null,
};

const searchWords = (row: ReleaseRow): string =>
  [
    releaseTitle(row),
    kindWords[row.kind],
    triggerWords(row.trigger, row.requestedBy),
    stateWords[row.state].word,
    ...row.commits.flatMap((commit) => [commit.commit, commit.message, commit.refName, commit.author]),
  ]
    .join(' ')
    .toLowerCase();

/** What the address of the table says: `q` text, `show` a filter, `pages` how many are open. */
export interface TableAddress {
  text: string;
  filter: Filter;
  /** At least 1. Nobody reads more than 100, and each is a request. */
  pages: number;
}
export function tableAddress(search: { get: (key: string) => string | null }): TableAddress {
  const filter = Object.keys(filters).find((name): name is Filter => name === search.get('show')) ?? 'all';
  const pages = Math.trunc(Number(search.get('pages') ?? 1));
  return { text: search.get('q') ?? '', filter, pages: pages >= 1 ? Math.min(pages, 100) : 1 };
}
/** The address with one part changed; what is as it was without being said is left out. */
export function withPart(search: string, key: 'q' | 'show' | 'pages', value: string): string {
  const query = new URLSearchParams(search);
  if (value === '' || (key === 'show' && value === 'all') || (key === 'pages' && value === '1')) query.delete(key);
  else query.set(key, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}
export const shownRows = <R extends ReleaseRow>(rows: readonly R[], { text, filter }: TableAddress): R[] =>
  rows.filter((row) => passes[filter](row) && searchWords(row).includes(text.trim().toLowerCase()));
