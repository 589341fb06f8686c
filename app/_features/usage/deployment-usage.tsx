'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { amountWords, monthWords } from '#app/_features/usage/view.ts';
import { bytesWords, countWords } from '#app/ui/time-words.ts';

const imageWords = ({ images, imageBytes }: { images: number; imageBytes: number }): string =>
  images === 0 ? 'None kept yet' : `${bytesWords(imageBytes)} in ${countWords(images, 'image')} that its releases keep`;

/** What one deployment used this month and what is kept for it. */
export function DeploymentUsage({ deploymentId }: { deploymentId: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data } = useQuery(trpc.usage.deployment.queryOptions({ org, deploymentId }));
  const facts: [string, string][] = [
    ['CPU', data ? `${amountWords(data.cpuHours)} CPU-hours` : ''],
    ['Memory', data ? `${amountWords(data.memoryGibHours)} GiB-hours` : ''],
    ['Builds', data ? `${amountWords(data.buildMinutes)} minutes` : ''],
    ['Images', data ? imageWords(data) : ''],
  ];
  return (
    <Section
      title="Usage"
      note={data ? monthWords(data.month) : null}
      actions={
        <Link href={`/${org}/usage`} className="text-sm text-muted hover:text-text hover:underline">
          All deployments
        </Link>
      }
    >
      <dl className="divide-y border-y text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="grid min-h-9 grid-cols-[120px_minmax(0,1fr)] items-center gap-4">
            <dt className="text-muted">{label}</dt>
            <dd className="tabular min-w-0 truncate">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
