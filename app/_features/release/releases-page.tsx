'use client';
import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { usePathname, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import {
  filters,
  shownRows,
  tableAddress,
  withPart,
  type TableAddress,
} from '#app/_features/release/release-filter.ts';
import { ReleaseTableRow } from '#app/_features/release/release-table-row.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Input, Select } from '#app/ui/field.tsx';
import { Head, HeadCell, Table } from '#app/ui/table.tsx';
import { countWords } from '#app/ui/time-words.ts';
import type { Page } from '#server/domain/views/common.ts';
import type { ReleaseTableRow as RowView } from '#server/domain/views/releases.ts';

export function ReleasesPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const { deployment, base, org } = useDeployment(project, slug);
  const { data } = useSuspenseQuery(trpc.releases.list.queryOptions({ org, deploymentId: deployment.id }));
  const search = useSearchParams();
  const pathname = usePathname();
  const address = tableAddress(search);
  const setPart = (key: 'q' | 'show' | 'pages', value: string): void =>
    // Nothing to ask the server for: the rows are here, or fetched by the table.
    window.history.replaceState(null, '', `${pathname}${withPart(window.location.search, key, value)}`);
  if (data.items.length === 0) {
    return (
      <PageBody>
        <Empty
          title="No releases yet"
          why="Each deploy makes one: an immutable snapshot of code and settings, with its log."
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
          defaultValue={address.text}
          onChange={(event) => setPart('q', event.target.value)}
          className="max-w-72"
        />
        <Select aria-label="Show" value={address.filter} onChange={(event) => setPart('show', event.target.value)}>
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
          <Rows
            page={data}
            number={1}
            above={{ read: 0, shown: 0 }}
            address={address}
            deploymentId={deployment.id}
            base={base}
            onOlder={(pages) => setPart('pages', String(pages))}
          />
        </tbody>
      </Table>
    </PageBody>
  );
}

interface PageProps {
  /** From 1, the newest. */
  number: number;
  /** Rows of the pages above. */
  above: { read: number; shown: number };
  address: TableAddress;
  deploymentId: string;
  base: string;
  onOlder: (pages: number) => void;
}

/** One page and what comes below it: the next one, or the end. */
function Rows({ page, ...rest }: PageProps & { page: Page<RowView> }) {
  const rows = shownRows(page.items, rest.address);
  const above = { read: rest.above.read + page.items.length, shown: rest.above.shown + rows.length };
  return (
    <>
      {rows.map((row) => (
        <ReleaseTableRow key={row.id} row={row} base={rest.base} />
      ))}
      {page.nextCursor !== null ? (
        <Older {...rest} number={rest.number + 1} above={above} cursor={page.nextCursor} />
      ) : above.shown === 0 ? (
        <End>No release matches.</End>
      ) : null}
    </>
  );
}

/** The page before, once the address asks for it. Its rows stay while a newer release moves where it begins. */
function Older({ cursor, ...rest }: PageProps & { cursor: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const isWanted = rest.number <= rest.address.pages;
  const page = useQuery({
    ...trpc.releases.list.queryOptions({ org, deploymentId: rest.deploymentId, cursor }),
    enabled: isWanted,
    placeholderData: keepPreviousData,
  });
  if (isWanted && page.data) return <Rows {...rest} page={page.data} />;
  const { read, shown } = rest.above;
  return (
    <End>
      {shown === 0 ? 'No match among' : 'These are from'} the newest {countWords(read, 'release')}.{' '}
      {page.error ? <span className="text-red-text">{sentenceOf(page.error)} </span> : null}
      <Button
        size="small"
        className="ml-2"
        aria-disabled={page.isFetching}
        onClick={() => (isWanted ? void page.refetch() : rest.onOlder(rest.number))}
      >
        Older
      </Button>
    </End>
  );
}

const End = ({ children }: { children: React.ReactNode }) => (
  <tr>
    <td colSpan={7} className="py-4 text-center text-sm text-muted">
      {children}
    </td>
  </tr>
);
