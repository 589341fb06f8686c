'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { laneGroups, laneSentence, waitSentence } from '#app/_features/queue/view.ts';
import { useAbort } from '#app/_features/release/use-abort.ts';
import { kindWords, stateWords } from '#app/_features/release/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader, Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Status } from '#app/ui/status.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { QueueEntry } from '#server/domain/views/queue.ts';

/** Events tell of the own organization; places also move when others are served. */
const refetchInterval = 5000;

/** What works and what waits, by lane; everything here can be stopped. */
export function QueuePage() {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data } = useSuspenseQuery({ ...trpc.queue.list.queryOptions({ org }), refetchInterval });
  const { data: regions } = useSuspenseQuery({ ...trpc.queue.regions.queryOptions({ org }), refetchInterval });
  const running = data.filter((entry) => entry.waits === null).length;
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Queue', href: `/${org}/queue` }]}
        status={
          <Status tone={running > 0 ? 'busy' : 'grey'}>
            {data.length === 0
              ? 'Nothing runs or waits'
              : [
                  running > 0 ? `${String(running)} running` : '',
                  data.length > running ? `${String(data.length - running)} waiting` : '',
                ]
                  .filter(Boolean)
                  .join(', ')}
          </Status>
        }
      />
      <PageBody className="max-w-5xl">
        {data.length === 0 ? (
          <Empty title="The queue is empty" why="Releases stand here while they build, roll out or wait for a slot." />
        ) : (
          laneGroups(data).map((group) => (
            <Section
              key={group.lane}
              title={group.lane === 'build' ? 'Builds' : 'Rollouts'}
              note={regions.map((region) => laneSentence(region, group.lane, data)).join(' · ')}
            >
              <Table>
                <Head>
                  <HeadCell>Place</HeadCell>
                  <HeadCell>Deployment</HeadCell>
                  <HeadCell wideOnly>Release</HeadCell>
                  <HeadCell wideOnly>Kind</HeadCell>
                  <HeadCell>State</HeadCell>
                  <HeadCell wideOnly className="text-right">
                    Since
                  </HeadCell>
                  <HeadCell>
                    <span className="sr-only">Actions</span>
                  </HeadCell>
                </Head>
                <tbody>
                  {group.entries.map((entry) => (
                    <QueueRow key={entry.releaseId} entry={entry} />
                  ))}
                </tbody>
              </Table>
            </Section>
          ))
        )}
      </PageBody>
    </>
  );
}

function QueueRow({ entry }: { entry: QueueEntry }) {
  const { slug: org } = useOrg();
  const { run, isBusy: isStopping, denied } = useAbort({ id: entry.releaseId, state: entry.state });
  const refusal = denied ?? (entry.canAbort ? null : 'Its routes are published already: roll back instead');
  const base = `/${org}/${entry.projectSlug}/${entry.deploymentSlug}`;
  const { word, tone } = stateWords[entry.state];
  const sentence = entry.waits ? waitSentence(entry.waits) : entry.heldReason;
  return (
    <Row>
      <Cell className="tabular w-16 text-muted">{entry.waits === null ? 'now' : (entry.position ?? 'held')}</Cell>
      <Cell className="max-w-72">
        <Link
          href={`${base}/releases/${String(entry.number ?? entry.releaseId)}`}
          className="block truncate hover:underline"
        >
          <span className="text-muted">{entry.projectName} / </span>
          {entry.deploymentName}
        </Link>
      </Cell>
      <Cell wideOnly className="tabular">
        {entry.number ?? ''}
      </Cell>
      <Cell wideOnly>{kindWords[entry.kind]}</Cell>
      <Cell className="max-w-96 py-1.5 whitespace-normal">
        <Status tone={tone}>{sentence ?? word}</Status>
      </Cell>
      <Cell wideOnly className="tabular text-right text-muted">
        <Ago at={entry.since} />
      </Cell>
      <Cell className="w-0">
        <Button
          look="quiet"
          size="small"
          className="-my-1"
          aria-disabled={isStopping || Boolean(refusal)}
          title={refusal ?? undefined}
          onClick={() => refusal === null && run()}
        >
          {isStopping ? 'Aborting' : 'Abort'}
        </Button>
      </Cell>
    </Row>
  );
}
