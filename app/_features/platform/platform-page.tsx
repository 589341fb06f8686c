'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { Regions } from '#app/_features/platform/regions.tsx';
import { usePlatformRefresh } from '#app/_features/platform/use-platform-refresh.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader, Section } from '#app/_features/shell/page.tsx';
import { amountWords } from '#app/_features/usage/view.ts';
import { Select } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { bytesWords, countWords } from '#app/ui/time-words.ts';
import { planNames } from '#server/domain/plans.ts';
import type { PlatformOrganization } from '#server/domain/views/usage.ts';
import { plans } from '#server/domain/words.ts';

const mib = 1024 ** 2;

/** What operators set: plans of organizations, slots of regions. */
export function PlatformPage() {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data: organizations } = useSuspenseQuery(trpc.platform.organizations.queryOptions());
  const { data: regions } = useSuspenseQuery(trpc.platform.regions.queryOptions());
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Platform', href: `/${org}/platform` }]}
        status={<span className="text-muted">For operators of this installation</span>}
      />
      <PageBody className="max-w-6xl">
        <Organizations organizations={organizations} />
        <Regions regions={regions} />
      </PageBody>
    </>
  );
}

function Organizations({ organizations }: { organizations: readonly PlatformOrganization[] }) {
  return (
    <Section title="Organizations" note={countWords(organizations.length, 'organization')}>
      <Table>
        <Head>
          <HeadCell>Name</HeadCell>
          <HeadCell>Plan</HeadCell>
          <HeadCell wideOnly className="text-right">
            Members
          </HeadCell>
          <HeadCell wideOnly className="text-right">
            Deployments
          </HeadCell>
          <HeadCell className="text-right">Running</HeadCell>
          <HeadCell wideOnly className="text-right">
            CPU-hours this month
          </HeadCell>
          <HeadCell wideOnly className="text-right">
            GiB-hours
          </HeadCell>
          <HeadCell wideOnly className="text-right">
            Build minutes
          </HeadCell>
        </Head>
        <tbody>
          {organizations.map((organization) => (
            <OrganizationRow key={organization.id} organization={organization} />
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

function OrganizationRow({ organization }: { organization: PlatformOrganization }) {
  const trpc = useTRPC();
  const setPlan = useMutation(trpc.platform.setPlan.mutationOptions(usePlatformRefresh()));
  const plan = setPlan.isPending ? setPlan.variables.plan : organization.plan;
  return (
    <Row className="h-11">
      <Cell className="max-w-60">
        <span className="block truncate font-medium" title={organization.slug}>
          {organization.name}
        </span>
      </Cell>
      <Cell>
        <Select
          aria-label={`Plan of ${organization.name}`}
          value={plan}
          onChange={({ target }) => {
            const next = plans.find((item) => item === target.value);
            if (next) setPlan.mutate({ organizationId: organization.id, plan: next });
          }}
        >
          {plans.map((item) => (
            <option key={item} value={item}>
              {planNames[item]}
            </option>
          ))}
        </Select>
      </Cell>
      <Cell wideOnly className="tabular text-right">
        {organization.members}
      </Cell>
      <Cell wideOnly className="tabular text-right">
        {organization.deployments}
      </Cell>
      <Cell className="tabular text-right">
        {organization.instances}
        <span className="text-muted"> · {bytesWords(organization.memoryMib * mib)}</span>
      </Cell>
      <Cell wideOnly className="tabular text-right">
        {amountWords(organization.cpuHours)}
      </Cell>
      <Cell wideOnly className="tabular text-right">
        {amountWords(organization.memoryGibHours)}
      </Cell>
      <Cell wideOnly className="tabular text-right">
        {amountWords(organization.buildMinutes)}
      </Cell>
    </Row>
  );
}
