'use client';
import { Check, ChevronRight, Minus, X } from 'lucide-react';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useMemo, useState } from 'react';
import type { ReleaseLogRow } from '#app/_features/release/log-buffer.ts';
import { useReleaseLog } from '#app/_features/release/use-log.ts';
import {
  firstError,
  fixHref,
  fixLabel,
  linesByStep,
  matching,
  stepRows,
  type StepRow,
} from '#app/_features/release/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { cn } from '#app/ui/cn.ts';
import { Input } from '#app/ui/field.tsx';
import { LogView } from '#app/ui/log-view.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { Took } from '#app/ui/time.tsx';
import { isFinal } from '#server/domain/release-machine.ts';
import type { Failure } from '#server/domain/release.ts';
import type { ReleaseView } from '#server/domain/views/releases.ts';

/** Writes the address without asking the server; Next tells its hooks. */
const setParam = (name: 'line' | 'q', value: string): void => {
  const url = new URL(location.href);
  if (value === '') url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  history.replaceState(null, '', url);
};
const setLine = (key: string): void => setParam('line', key);

/** The steps with their durations; each opens to its part of the one log. What works or failed is open by itself. */
export function ReleaseSteps({ release, base }: { release: ReleaseView; base: string }) {
  const { slug } = useOrg();
  const log = useReleaseLog(slug, release.id, isFinal(release.state));
  const search = useSearchParams();
  const chosen = search.get('line');
  const wanted = search.get('q') ?? '';
  const rows = useMemo(
    () => stepRows({ state: release.state, steps: release.steps, failurePhase: release.failureDetails?.phase ?? null }),
    [release],
  );
  const parts = useMemo(() => linesByStep(rows, log.rows), [rows, log.rows]);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const lineStep = chosen
    ? ([...parts].find(([, lines]) => lines.some((line) => line.key === chosen))?.[0] ?? null)
    : null;
  return (
    <Section
      title="Steps"
      actions={
        <Input
          data-search
          type="search"
          aria-label="Search the log"
          placeholder="Search the log"
          defaultValue={wanted}
          className="w-56"
          onChange={(event) => setParam('q', event.target.value)}
        />
      }
    >
      <ol className="divide-y rounded-lg border">
        {rows.map((row) => {
          const all = parts.get(row.key) ?? noLines;
          const lines = matching(all, wanted);
          const isHit = wanted !== '' && lines.length > 0;
          const isOpen =
            toggled.get(row.key) ??
            (isHit || row.progress === 'failed' || row.progress === 'working' || row.key === lineStep);
          return (
            <Step
              key={row.key}
              row={row}
              lines={lines}
              total={all.length}
              isOpen={isOpen}
              chosen={chosen}
              isRead={log.phase !== 'loading'}
              onToggle={() => setToggled(new Map(toggled).set(row.key, !isOpen))}
              failure={row.progress === 'failed' ? release.failureDetails : null}
              fixBase={base}
            />
          );
        })}
      </ol>
      <p role="status" className="sr-only">
        {log.phase === 'ended' ? 'The log is complete' : ''}
      </p>
    </Section>
  );
}
const noLines: readonly ReleaseLogRow[] = [];

interface StepProps {
  row: StepRow;
  lines: readonly ReleaseLogRow[];
  /** Without the search. */
  total: number;
  isOpen: boolean;
  chosen: string | null;
  isRead: boolean;
  onToggle: () => void;
  /** Of the step that failed. */
  failure: Failure | null;
  fixBase: string;
}
function Step({ row, lines, total, isOpen, chosen, isRead, onToggle, failure, fixBase }: StepProps) {
  const isAhead = row.progress === 'ahead';
  // The line to look at first: the one that the address names, else the cause in a failed step.
  const first = chosen ?? (row.progress === 'failed' ? firstError(lines) : null);
  const hasBody = isOpen && !isAhead;
  return (
    <li className="first:[&>button]:rounded-t-[7px] last:[&>button]:rounded-b-[7px]">
      <button
        type="button"
        data-row
        disabled={isAhead}
        aria-expanded={isAhead ? undefined : isOpen}
        onClick={onToggle}
        className={cn(
          'flex h-9 w-full items-center gap-2.5 px-3 text-left text-sm transition-colors enabled:hover:bg-hover/60',
          isAhead && 'text-faint',
        )}
      >
        <StepMark row={row} />
        <span
          className={cn(
            'shrink-0',
            row.progress === 'working' && 'font-medium',
            row.progress === 'failed' && 'font-medium text-red-text',
          )}
        >
          {row.title}
        </span>
        <span className="min-w-0 flex-1 truncate text-muted">{row.note}</span>
        {total > 0 ? (
          <span className="tabular text-xs text-muted max-sm:hidden">
            {lines.length === total
              ? countWords(total, 'line')
              : `${String(lines.length)} of ${countWords(total, 'line')}`}
          </span>
        ) : null}
        {row.startedAt && row.state !== 'live' ? (
          <Took
            from={row.startedAt}
            to={row.endedAt}
            className="tabular min-w-16 shrink-0 text-right whitespace-nowrap text-muted"
          />
        ) : null}
        <ChevronRight
          aria-hidden
          className={cn(
            'size-4 shrink-0 stroke-[1.75] text-faint transition-transform',
            isOpen && 'rotate-90',
            isAhead && 'opacity-0',
          )}
        />
      </button>
      {hasBody ? (
        <div className="border-t bg-sunken">
          {lines.length === 0 && failure && failure.lastLines.length > 0 ? (
            <LastLines lines={failure.lastLines} />
          ) : lines.length > 0 ? (
            <StepLog rows={lines} label={`Log of: ${row.title}`} chosen={first} follow={row.progress === 'working'} />
          ) : (
            <p className="mono px-3 py-1.5 text-muted">
              {isRead
                ? total > 0
                  ? 'No line matches'
                  : row.progress === 'working'
                    ? 'No output yet'
                    : 'No output'
                : ' '}
            </p>
          )}
          {failure ? <Cause failure={failure} base={fixBase} /> : null}
        </div>
      ) : null}
    </li>
  );
}

/** What was kept of a step that has no log of its own: the problems of a file. */
const LastLines = ({ lines }: { lines: readonly string[] }) => (
  <ul className="mono overflow-x-auto bg-red-fill px-3 py-1.5 text-red-text">
    {lines.map((line) => (
      <li key={line}>{line}</li>
    ))}
  </ul>
);

/** Under the last line of a step that failed: what to do, and the short way to the setting. */
function Cause({ failure, base }: { failure: Failure; base: string }) {
  const { slug } = useOrg();
  const href = fixHref(base, failure.fix, slug);
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-red-line bg-red-fill px-3 py-1.5 text-sm text-red-text">
      <span className="min-w-0 flex-1 basis-60 text-pretty">{failure.advice}</span>
      {href ? (
        <Link href={href} className="shrink-0 font-medium hover:underline">
          {fixLabel(failure.fix)} →
        </Link>
      ) : null}
    </p>
  );
}

function StepLog({
  rows,
  label,
  chosen,
  follow,
}: {
  rows: readonly ReleaseLogRow[];
  label: string;
  chosen: string | null;
  follow: boolean;
}) {
  // A log of several components names them; of one, the column would say the same on each line.
  const sources = useMemo(() => new Set(rows.map((row) => row.source)).size, [rows]);
  const [wasFollowing, setWasFollowing] = useState(follow);
  if (follow && !wasFollowing) setWasFollowing(true);
  return (
    <LogView
      rows={rows}
      label={label}
      chosen={chosen}
      onChoose={setLine}
      follow={follow || wasFollowing}
      showSource={sources > 1}
      className="max-h-[56vh]"
    />
  );
}

function StepMark({ row }: { row: StepRow }) {
  switch (row.progress) {
    case 'working':
      return <StatusShape tone="busy" />;
    case 'failed':
      return <X aria-label="Failed" className="size-4 shrink-0 stroke-[2.25] text-red" />;
    case 'stopped':
      return <Minus aria-label="Stopped" className="size-4 shrink-0 text-muted" />;
    case 'done':
      return row.state === 'live' ? (
        <StatusShape tone="green" />
      ) : (
        <Check aria-label="Done" className="size-4 shrink-0 stroke-[2] text-muted" />
      );
    case 'ahead':
      return <StatusShape tone="grey" className="opacity-50" />;
    default:
      return row.progress satisfies never;
  }
}
