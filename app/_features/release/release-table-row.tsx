'use client';
import { useMutation } from '@tanstack/react-query';
import { Ban, Ellipsis, ScrollText } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import {
  commitGroups,
  headline,
  kindWords,
  releaseTitle,
  stateWords,
  triggerWords,
} from '#app/_features/release/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { Status } from '#app/ui/status.tsx';
import { Cell, Row } from '#app/ui/table.tsx';
import { Ago, Took } from '#app/ui/time.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { ReleaseRow } from '#server/domain/views/releases.ts';

/** One release or operation, with what can be done with it. */
export function ReleaseTableRow({ row, base }: { row: ReleaseRow; base: string }) {
  const href = `${base}/releases/${String(row.number ?? row.id)}`;
  const groups = commitGroups(row.commits);
  const commit = groups[0]?.commit;
  const { tone } = headline(row);
  return (
    <Row className={row.isLive ? 'bg-green-fill/50' : undefined}>
      <Cell className="w-0 font-medium">
        <Link href={href} className="tabular hover:underline">
          {row.number === null ? kindWords[row.kind] : `${String(row.number)}`}
        </Link>
      </Cell>
      <Cell className="max-w-64 max-sm:max-w-44">
        <span className="block truncate" title={headline(row).sentence}>
          <Status tone={row.isLive ? 'green' : tone}>
            {row.isLive ? 'Live' : stateWords[row.state].word}
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
        <RowMenu row={row} href={href} />
      </Cell>
    </Row>
  );
}

function RowMenu({ row, href }: { row: ReleaseRow; href: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const deniedAbort = useDenied('release.abort');
  const abort = useMutation(
    trpc.releases.abort.mutationOptions({ onError: (error) => toast(sentenceOf(error), { tone: 'red' }) }),
  );
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button look="quiet" size="icon" aria-label={`Actions of ${releaseTitle(row)}`} className="-my-1">
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent className="w-72">
        <MenuItem icon={<ScrollText />} onSelect={() => router.push(href)}>
          View log
        </MenuItem>
        <MenuItem
          icon={<Ban />}
          danger={row.canAbort}
          disabledReason={deniedAbort ?? (row.canAbort ? null : 'It is over: there is nothing to stop')}
          note="Stops and undoes what was started"
          onSelect={() => abort.mutate({ org, releaseId: row.id })}
        >
          Abort
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
