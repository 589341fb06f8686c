'use client';
import Link from 'next/link';
import { ReleaseMenu } from '#app/_features/release/release-menu.tsx';
import { commitGroups, headline, kindWords, stateLabel, triggerWords } from '#app/_features/release/view.ts';
import { Copyable } from '#app/ui/copyable.tsx';
import { Status } from '#app/ui/status.tsx';
import { Cell, Row } from '#app/ui/table.tsx';
import { Ago, Took } from '#app/ui/time.tsx';
import type { ReleaseTableRow as RowView } from '#server/domain/views/releases.ts';

/** One release or operation, with what can be done with it. */
export function ReleaseTableRow({ row, base }: { row: RowView; base: string }) {
  const href = `${base}/releases/${String(row.number ?? row.id)}`;
  const groups = commitGroups(row.commits);
  const commit = groups[0]?.commit;
  const { tone } = headline(row);
  return (
    <Row className={row.isLive ? 'bg-green-fill/50' : undefined}>
      <Cell className="w-0 font-medium whitespace-nowrap">
        <Link href={href} className="tabular hover:underline">
          {row.number === null ? kindWords[row.kind] : `${String(row.number)}`}
        </Link>
        {row.tag ? <span className="mono ml-2 text-xs font-normal text-muted">{row.tag.name}</span> : null}
      </Cell>
      <Cell className="max-w-64 max-sm:max-w-44">
        <span className="block truncate" title={headline(row).sentence}>
          <Status tone={row.isLive ? 'green' : tone}>
            {stateLabel(row)}
            {row.failure ? <span className="text-muted">: {row.failure.message}</span> : null}
          </Status>
        </span>
      </Cell>
      <Cell wideOnly className="max-w-80">
        {commit ? (
          <span className="flex min-w-0 items-center gap-2">
            <Copyable value={commit.commit} what="commit">
              {commit.commit.slice(0, 7)}
            </Copyable>
            <span className="truncate text-muted" title={`${commit.message} (${commit.author}, ${commit.refName})`}>
              {commit.message}
            </span>
            {groups.length > 1 ? <span className="text-xs text-muted">+{groups.length - 1}</span> : null}
          </span>
        ) : null}
      </Cell>
      <Cell wideOnly className="max-w-56 text-muted">
        <span className="block truncate">
          {row.kind === 'deploy' || row.number === null ? '' : `${kindWords[row.kind]} `}
          {triggerWords(row.trigger, row.requestedBy)}
        </span>
      </Cell>
      <Cell wideOnly className="tabular text-right text-muted">
        {row.startedAt ? <Took from={row.startedAt} to={row.liveAt ?? row.endedAt} /> : '–'}
      </Cell>
      <Cell className="text-right text-muted">
        <Ago at={row.createdAt} className="tabular" />
      </Cell>
      <Cell className="w-0 pl-1">
        <ReleaseMenu row={row} base={base} />
      </Cell>
    </Row>
  );
}
