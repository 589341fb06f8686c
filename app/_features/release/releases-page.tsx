'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { Ban, Ellipsis, ScrollText } from 'lucide-react';
import Link from 'next/link';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import {
  commitGroups,
  headline,
  kindWords,
  releaseTitle,
  stateWords,
  triggerWords,
} from '#app/_features/release/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Input, Select } from '#app/ui/field.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { Status } from '#app/ui/status.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { Ago, Took } from '#app/ui/time.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { ReleaseRow } from '#server/domain/views/releases.ts';

const filters = { all: 'Everything', live: 'Went live', failed: 'Failed', operations: 'Operations' } as const;
type Filter = keyof typeof filters;
const passes: Record<Filter, (row: ReleaseRow) => boolean> = {
  all: () => true,
  live: (row) => row.outcome === 'live' && row.number !== null,
  failed: (row) => row.outcome === 'failed',
  operations: (row) => row.number === null,
};

export function ReleasesPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const { deployment, base, org } = useDeployment(project, slug);
  const { data } = useSuspenseQuery(trpc.releases.list.queryOptions({ org, deploymentId: deployment.id }));
  const search = useSearchParams();
  const router = useRouter();
  const text = search.get('q') ?? '';
  const filter = Object.keys(filters).find((name): name is Filter => name === search.get('show')) ?? 'all';
  const rows = data.items.filter((row) => passes[filter](row) && searchWords(row).includes(text.toLowerCase()));
  const setQuery = (key: string, value: string): void => {
    const query = new URLSearchParams(search);
    if (value === '' || value === 'all') query.delete(key);
    else query.set(key, value);
    router.replace(`?${query.toString()}`, { scroll: false });
  };
  if (data.items.length === 0) {
    return (
      <PageBody>
        <Empty
          title="No releases yet"
          why="Each deploy makes one: an immutable snapshot of code and settings that can be rolled back to."
        />
      </PageBody>
    );
  }
  return (
    <PageBody className="gap-3 pt-4">
      <div className="flex flex-wrap gap-2">
        <Input
          data-search
          type="search"
          aria-label="Search releases"
          placeholder="Number, commit, message, person"
          defaultValue={text}
          onChange={(event) => setQuery('q', event.target.value)}
          className="max-w-72"
        />
        <Select aria-label="Show" value={filter} onChange={(event) => setQuery('show', event.target.value)}>
          {Object.entries(filters).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </Select>
      </div>
      <Table>
        <Head>
          <HeadCell>Release</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell wideOnly>Commit</HeadCell>
          <HeadCell wideOnly>Why</HeadCell>
          <HeadCell wideOnly className="text-right">
            Took
          </HeadCell>
          <HeadCell className="text-right">When</HeadCell>
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        </Head>
        <tbody>
          {rows.map((row) => (
            <ReleaseTableRow key={row.id} row={row} base={base} />
          ))}
        </tbody>
      </Table>
      {rows.length === 0 ? <p className="py-6 text-center text-sm text-muted">No release matches.</p> : null}
      {data.nextCursor ? <p className="text-xs text-muted">The newest {data.items.length} are shown.</p> : null}
    </PageBody>
  );
}

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

function ReleaseTableRow({ row, base }: { row: ReleaseRow; base: string }) {
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
