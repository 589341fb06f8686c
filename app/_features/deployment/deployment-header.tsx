'use client';
import { ArrowUpRight } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { DeployButton } from '#app/_features/deployment/deploy-button.tsx';
import { PendingChanges } from '#app/_features/deployment/pending-changes.tsx';
import { PowerMenu } from '#app/_features/deployment/power-menu.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { PageHeader } from '#app/_features/shell/page.tsx';
import { summaryTone } from '#app/_features/status/view.ts';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { NavTabs } from '#app/ui/nav-tabs.tsx';
import { Status } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';

/** Where, how it is, and Deploy: the same on every tab. */
export function DeploymentHeader({ project, deployment: slug }: { project: string; deployment: string }) {
  const { deployment, base, org } = useDeployment(project, slug);
  const router = useRouter();
  const tabs = [
    { href: base, label: 'Overview' },
    { href: `${base}/releases`, label: 'Releases' },
    { href: `${base}/metrics`, label: 'Metrics' },
    { href: `${base}/variables`, label: 'Variables' },
    { href: `${base}/components`, label: 'Components' },
    { href: `${base}/storage`, label: 'Storage' },
    { href: `${base}/options`, label: 'Options' },
  ];
  useCommands([
    ...tabs.map((tab) => ({
      id: tab.href,
      title: `${deployment.name}: ${tab.label}`,
      group: 'This page' as const,
      run: () => router.push(tab.href),
    })),
    ...((deployment.current ?? deployment.live)
      ? [
          {
            id: 'log',
            title: 'Log of the newest release',
            group: 'This page' as const,
            keys: 'l',
            run: () => {
              const newest = deployment.current ?? deployment.live;
              if (newest) router.push(`${base}/releases/${String(newest.number ?? newest.id)}`);
            },
          },
        ]
      : []),
    {
      id: 'open-app',
      title: 'Open the application',
      group: 'Actions' as const,
      keys: 'o',
      disabledReason: deployment.liveNumber === null ? 'Nothing is live yet' : null,
      run: () => window.open(deployment.url, '_blank', 'noopener'),
    },
  ]);
  const { status } = deployment;
  return (
    <>
      <PageHeader
        crumbs={[
          { label: deployment.project.name, href: `/${org}/${project}` },
          { label: deployment.name, href: base },
        ]}
        status={
          <span className="flex min-w-0 items-center gap-2" title={status.sentence}>
            <Status tone={summaryTone(status, deployment.active)}>{status.sentence}</Status>
            {status.isStale && status.observedAt ? (
              <span className="shrink-0 text-muted">
                last seen <Ago at={status.observedAt} />
              </span>
            ) : null}
          </span>
        }
        actions={
          <>
            {deployment.liveNumber === null ? null : (
              <Button asChild className="max-sm:hidden">
                <a href={deployment.url} target="_blank" rel="noreferrer">
                  Open <ArrowUpRight />
                </a>
              </Button>
            )}
            <PowerMenu deployment={deployment} />
            {deployment.power === 'suspended' ? null : <DeployButton deployment={deployment} />}
          </>
        }
      />
      <div className="px-4 sm:px-6">
        <NavTabs tabs={tabs} label="Deployment" />
      </div>
      <PendingChanges deployment={deployment} />
    </>
  );
}
