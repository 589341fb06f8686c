'use client';
import { GitCommitHorizontal } from 'lucide-react';
import Link from 'next/link';
import { AutomaticPaused } from '#app/_features/deployment/automatic-paused.tsx';
import { SshAccess } from '#app/_features/deployment/ssh-access.tsx';
import { Timeline } from '#app/_features/deployment/timeline.tsx';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { newerTips } from '#app/_features/deployment/view.ts';
import { headline, lowerFirst, releaseTitle, stateWords } from '#app/_features/release/view.ts';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { StatusTree } from '#app/_features/status/status-tree.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Url } from '#app/ui/url.tsx';
import { Ago, Took } from '#app/ui/time.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** Is it fine; if not, why; what can I do. */
export function OverviewPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const { deployment, base } = useDeployment(project, slug);
  const isNew = deployment.live === null && deployment.current === null && deployment.lastFailed === null;
  return (
    <PageBody className="pt-4">
      <Facts deployment={deployment} base={base} />
      <Notes deployment={deployment} base={base} />
      {isNew ? (
        <FirstDeploy deployment={deployment} />
      ) : (
        <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
          <div className="flex min-w-0 flex-col gap-8">
            <Section title="Status">
              <StatusTree nodes={deployment.tree.children} />
            </Section>
            <SshAccess deployment={deployment} />
          </div>
          <Section title="Timeline">
            <Timeline deploymentId={deployment.id} base={base} />
          </Section>
        </div>
      )}
    </PageBody>
  );
}

/** The address, what is live and since when, and code that is not live yet. */
function Facts({ deployment, base }: { deployment: DeploymentView; base: string }) {
  const { live } = deployment;
  const commit = live?.commits[0];
  const hosts = deployment.liveNumber === null ? deployment.hosts.slice(0, 1) : deployment.hosts;
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-1.5 text-sm">
      {hosts.map((host) => (
        <Url key={host.url} url={host.url} />
      ))}
      {live ? (
        <span className="flex min-w-0 flex-wrap items-center gap-x-1.5 text-muted [&>*]:shrink-0">
          <Link href={`${base}/releases/${String(live.number ?? live.id)}`} className="text-text hover:underline">
            {releaseTitle(live)}
          </Link>
          {live.liveAt ? <Ago at={live.liveAt} /> : null}
          {commit ? (
            <>
              <Copyable value={commit.commit} what="commit" className="ml-1 text-text">
                {commit.refName}@{commit.commit.slice(0, 7)}
              </Copyable>
              <span className="max-w-72 shrink! truncate" title={`${commit.message} (${commit.author})`}>
                {commit.message}
              </span>
            </>
          ) : null}
        </span>
      ) : null}
      <span className="text-muted">
        {deployment.stageName} in {deployment.region.name}
      </span>
    </div>
  );
}

/** Things to act on, most urgent first: what works now, what failed last, newer code, paused automatic deploys. */
function Notes({ deployment, base }: { deployment: DeploymentView; base: string }) {
  const deploy = useDeploy(deployment);
  const { current, lastFailed } = deployment;
  const tips = deployment.live === null || deployment.power !== 'running' ? [] : newerTips(deployment.tips);
  const isResting = deployment.power === 'suspended';
  if (!current && !lastFailed && tips.length === 0 && !deployment.autoPausedReason && !isResting) return null;
  return (
    <div className="flex flex-col gap-2">
      {current ? (
        <Callout
          tone={stateWords[current.state].tone}
          role="status"
          title={`${releaseTitle(current)}: ${lowerFirst(headline(current).sentence)}`}
          actions={
            <Button asChild>
              <Link href={`${base}/releases/${String(current.number ?? current.id)}`}>Watch</Link>
            </Button>
          }
        >
          {current.startedAt ? (
            <Took from={current.startedAt} to={null} />
          ) : (
            <>
              Requested <Ago at={current.createdAt} />
            </>
          )}
        </Callout>
      ) : null}
      {lastFailed && !current ? (
        <Callout
          tone={deployment.live === null ? 'red' : 'yellow'}
          title={`${releaseTitle(lastFailed)} did not go live: ${headline(lastFailed).sentence}`}
          actions={
            <Button asChild>
              <Link href={`${base}/releases/${String(lastFailed.number ?? lastFailed.id)}`}>See why</Link>
            </Button>
          }
        >
          {deployment.liveNumber === null
            ? 'Nothing was live before.'
            : `Release ${String(deployment.liveNumber)} keeps serving.`}{' '}
          <Ago at={lastFailed.endedAt ?? lastFailed.createdAt} />
        </Callout>
      ) : null}
      {isResting ? (
        <Callout tone="grey" title="Suspended: nothing runs, and the address says so">
          Data, variables, domains and releases stay. Resume starts{' '}
          {deployment.liveNumber === null ? 'it' : `release ${String(deployment.liveNumber)}`} again.
        </Callout>
      ) : null}
      {deployment.autoPausedReason ? (
        <AutomaticPaused deploymentId={deployment.id} reason={deployment.autoPausedReason} />
      ) : null}
      {current
        ? null
        : tips.map(({ tip, sentence }) => (
            <div
              key={`${tip.repositoryId}-${tip.ref}`}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border px-3 py-2 text-sm"
            >
              <GitCommitHorizontal aria-hidden className="size-4 shrink-0 stroke-[1.75] text-muted" />
              <span className="min-w-0 flex-1 basis-60 truncate">
                {sentence}
                <span className="ml-2 text-muted" title={tip.message}>
                  {tip.message}
                </span>
              </span>
              <span className="text-xs text-muted">
                looked <Ago at={tip.checkedAt} />
              </span>
              <Button
                size="small"
                aria-disabled={deploy.isBusy || Boolean(deploy.denied)}
                onClick={() => deploy.run('deploy')}
              >
                Deploy
              </Button>
            </div>
          ))}
    </div>
  );
}

function FirstDeploy({ deployment }: { deployment: DeploymentView }) {
  const deploy = useDeploy(deployment);
  return (
    <Empty
      title="Not deployed yet"
      why="Deploy builds the newest code and opens it at the address above. Until then the address says so."
    >
      <Button
        look="primary"
        aria-disabled={deploy.isBusy || Boolean(deploy.denied)}
        onClick={() => deploy.run('deploy')}
      >
        Deploy
      </Button>
    </Empty>
  );
}
