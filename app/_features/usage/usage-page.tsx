'use client';
import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader, Section } from '#app/_features/shell/page.tsx';
import { Meter } from '#app/_features/usage/meter.tsx';
import { amountWords, monthWords, totalOf, usageCsv } from '#app/_features/usage/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Select } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { bytesWords } from '#app/ui/time-words.ts';
import { monthOf, monthsUntil } from '#server/domain/months.ts';
import { planNames } from '#server/domain/plans.ts';
import type { UsageRow, UsageView } from '#server/domain/views/usage.ts';

const mib = 1024 ** 2;
const monthsShown = 13;

function saveCsv(usage: UsageView, org: string): void {
  const url = URL.createObjectURL(new Blob([usageCsv(usage)], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `usage-${org}-${usage.month}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

/** What the organization used in a month, deployment by deployment, and how much of its plan is taken. */
export function UsagePage({ month }: { month: string | undefined }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const { data: present } = useSuspenseQuery(trpc.usage.month.queryOptions({ org }));
  const chosen = month ?? present.month;
  const { data: past } = useQuery({
    ...trpc.usage.month.queryOptions({ org, month: chosen }),
    enabled: chosen !== present.month,
    placeholderData: keepPreviousData,
  });
  const usage = chosen === present.month ? present : past;
  const months = monthsUntil(present.to, monthsShown);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Usage', href: `/${org}/usage` }]}
        status={<span className="text-muted">Plan {planNames[present.plan]}</span>}
        actions={
          <>
            <Select
              aria-label="Month"
              value={chosen}
              onChange={({ target }) =>
                router.replace(`/${org}/usage${target.value === monthOf(present.to) ? '' : `?month=${target.value}`}`)
              }
            >
              {months.map((item) => (
                <option key={item} value={item}>
                  {monthWords(item)}
                </option>
              ))}
            </Select>
            <Button
              look="primary"
              aria-disabled={!usage || usage.rows.length === 0}
              onClick={() => usage && usage.rows.length > 0 && saveCsv(usage, org)}
            >
              <Download /> CSV
            </Button>
          </>
        }
      />
      <PageBody className="max-w-5xl">
        <PlanMeters usage={present} />
        {usage ? <Month usage={usage} /> : null}
      </PageBody>
    </>
  );
}

function PlanMeters({ usage: { limits, reserved } }: { usage: UsageView }) {
  const memory = `${bytesWords(reserved.memoryMib * mib)} of ${bytesWords(limits.memoryMib * mib)}`;
  const of = (used: number, limit: number): string => `${String(used)} of ${limit.toLocaleString('en-US')}`;
  return (
    <Section title="Asked for" note="what deployments that are not suspended ask for now; the plan limits it">
      <div className="grid gap-x-8 gap-y-4 pt-1 sm:grid-cols-2 lg:grid-cols-4">
        <Meter label="Deployments" used={reserved.deployments} limit={limits.deployments} words={of(reserved.deployments, limits.deployments)} />
        <Meter label="Instances" used={reserved.instances} limit={limits.instances} words={of(reserved.instances, limits.instances)} />
        <Meter label="Memory" used={reserved.memoryMib} limit={limits.memoryMib} words={memory} />
        <p className="text-sm text-muted">
          Up to {String(limits.concurrentReleases)} releases work at once
          {limits.goesFirst ? ', before other plans in the queue' : ''}
        </p>
      </div>
    </Section>
  );
} // prettier-ignore

function Month({ usage }: { usage: UsageView }) {
  const { rows } = usage;
  const total = totalOf(rows);
  const title = monthWords(usage.month);
  if (rows.length === 0)
    return (
      <Section title={title}>
        <Empty title="Nothing ran in this month" why="Instances count from their start to their removal, builds while they build." />
      </Section>
    ); // prettier-ignore
  return (
    <Section title={title} note="size times hours; during a rollout the old and the new instances count">
      <Table>
        <Head>
          <HeadCell>Deployment</HeadCell>
          <HeadCell className="text-right">CPU-hours</HeadCell>
          <HeadCell className="text-right">GiB-hours</HeadCell>
          <HeadCell wideOnly className="text-right">
            Build minutes
          </HeadCell>
          <HeadCell wideOnly className="text-right">
            Instances now
          </HeadCell>
        </Head>
        <tbody>
          {rows.map((row) => (
            <UsageLine key={row.deploymentId} row={row} />
          ))}
          <Row className="font-medium">
            <Cell>Together</Cell>
            <Cell className="tabular text-right">{amountWords(total.cpuHours)}</Cell>
            <Cell className="tabular text-right">{amountWords(total.memoryGibHours)}</Cell>
            <Cell wideOnly className="tabular text-right">
              {amountWords(total.buildMinutes)}
            </Cell>
            <Cell wideOnly className="tabular text-right">
              {total.running}
            </Cell>
          </Row>
        </tbody>
      </Table>
    </Section>
  );
}

function UsageLine({ row }: { row: UsageRow }) {
  const { slug: org } = useOrg();
  const name = (
    <>
      <span className="text-muted">{row.projectName} / </span>
      {row.deploymentName}
    </>
  );
  return (
    <Row>
      <Cell className="max-w-72">
        {row.path ? (
          <Link href={`/${org}/${row.path.project}/${row.path.deployment}`} className="block truncate hover:underline">
            {name}
          </Link>
        ) : (
          <span className="block truncate" title="It was deleted">
            {name} <span className="text-muted">(deleted)</span>
          </span>
        )}
      </Cell>
      <Cell className="tabular text-right">{amountWords(row.cpuHours)}</Cell>
      <Cell className="tabular text-right">{amountWords(row.memoryGibHours)}</Cell>
      <Cell wideOnly className="tabular text-right">
        {amountWords(row.buildMinutes)}
      </Cell>
      <Cell wideOnly className="tabular text-right text-muted">
        {row.running}
      </Cell>
    </Row>
  );
}
