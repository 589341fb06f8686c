'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { actionWords, detailWords } from '#app/_features/settings/audit-view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { AuditEntryView } from '#server/domain/views/accounts.ts';

/** Everything that people changed, newest first, page by page. */
export function AuditPage() {
  const denied = useDenied('audit.read');
  if (denied)
    return (
      <PageBody>
        <Empty title="The audit log is for admins and owners" why={denied} />
      </PageBody>
    );
  return (
    <PageBody className="max-w-5xl pt-4">
      <Section title="Audit log" note="who changed what">
        <Table>
          <Head>
            <HeadCell>Who</HeadCell>
            <HeadCell>Did</HeadCell>
            <HeadCell wideOnly>What</HeadCell>
            <HeadCell className="text-right">When</HeadCell>
          </Head>
          <tbody>
            <Entries before={null} />
          </tbody>
        </Table>
      </Section>
    </PageBody>
  );
}

/** One page of entries; the next one is asked for below it. */
function Entries({ before }: { before: number | null }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const [isOpen, setOpen] = useState(false);
  const { data, error, isPending } = useQuery(
    trpc.organizations.audit.queryOptions({ org, ...(before === null ? {} : { before }) }),
  );
  if (isPending) return <Message>Loading</Message>;
  if (error)
    return (
      <Message>
        <Callout tone="red" role="alert" title={sentenceOf(error)} />
      </Message>
    );
  return (
    <>
      {data.items.map((entry) => (
        <Entry key={entry.seq} entry={entry} />
      ))}
      {data.before !== null && !isOpen ? (
        <Message>
          <Button onClick={() => setOpen(true)}>Earlier entries</Button>
        </Message>
      ) : null}
      {data.before !== null && isOpen ? <Entries before={data.before} /> : null}
    </>
  );
}

const Message = ({ children }: { children: React.ReactNode }) => (
  <tr>
    <td colSpan={4} className="py-3 text-sm text-muted">
      {children}
    </td>
  </tr>
);

function Entry({ entry }: { entry: AuditEntryView }) {
  const details = detailWords(entry);
  return (
    <Row>
      <Cell className="font-medium">
        {entry.actor?.name ?? <span className="font-normal text-muted">the platform</span>}
      </Cell>
      <Cell className="max-sm:whitespace-normal">
        {actionWords(entry.action)}
        {details ? <span className="block text-xs text-muted sm:hidden">{details}</span> : null}
      </Cell>
      <Cell wideOnly className="max-w-96 truncate text-muted" title={details}>
        {details || <Copyable value={entry.resourceId} what="id" className="text-xs" />}
      </Cell>
      <Cell className="text-right text-muted">
        <Ago at={entry.at} />
      </Cell>
    </Row>
  );
}
