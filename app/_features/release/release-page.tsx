'use client';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { ArrowUpRight, Ban, Download, Tag } from 'lucide-react';
import Link from 'next/link';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { OffersNote } from '#app/_features/components/manifest-offers.tsx';
import { DeployButton } from '#app/_features/deployment/deploy-button.tsx';
import { FailureNote } from '#app/_features/release/failure-note.tsx';
import { ReleaseDetails } from '#app/_features/release/release-details.tsx';
import { ReleaseMenu } from '#app/_features/release/release-menu.tsx';
import { ReleaseSteps } from '#app/_features/release/release-steps.tsx';
import { useAbort } from '#app/_features/release/use-abort.ts';
import {
  commitGroups,
  headline,
  kindWords,
  releaseTitle,
  reportSentence,
  triggerWords,
} from '#app/_features/release/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader, Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Status } from '#app/ui/status.tsx';
import { Ago, Took } from '#app/ui/time.tsx';
import type { ReleaseView } from '#server/domain/views/releases.ts';

export function ReleasePage({
  releaseId,
  project,
  deployment: slug,
}: {
  releaseId: string;
  project: string;
  deployment: string;
}) {
  const trpc = useTRPC();
  const org = useOrg();
  const { data: release } = useSuspenseQuery(trpc.releases.get.queryOptions({ org: org.slug, releaseId }));
  const { data: deployment } = useSuspenseQuery(
    trpc.deployments.get.queryOptions({ org: org.slug, project, deployment: slug }),
  );
  const { data: draft } = useQuery(trpc.drafts.get.queryOptions({ org: org.slug, deploymentId: deployment.id }));
  const base = `/${org.slug}/${project}/${slug}`;
  const { tone, sentence } = headline(release);
  return (
    <>
      <PageHeader
        crumbs={[
          { label: release.projectName, href: `/${org.slug}/${project}` },
          { label: release.deploymentName, href: base },
          { label: releaseTitle(release), href: '' },
        ]}
        status={<Status tone={tone}>{sentence}</Status>}
        actions={
          <>
            {release.isLive ? (
              <Button asChild>
                <a href={release.url} target="_blank" rel="noreferrer">
                  Open <ArrowUpRight />
                </a>
              </Button>
            ) : null}
            <ReleaseMenu row={release} base={base} onOwnPage />
            {release.canAbort ? <AbortButton release={release} /> : <DeployButton deployment={deployment} />}
          </>
        }
      />
      <PageBody className="max-w-5xl">
        <Facts release={release} />
        {release.failureDetails ? (
          <FailureNote
            failure={release.failureDetails}
            base={base}
            deployment={deployment}
            servesNumber={deployment.liveNumber}
          />
        ) : null}
        <OffersNote offered={draft?.offered ?? []} base={base} />
        <ReleaseSteps key={release.id} release={release} base={base} />
        {release.report ? (
          <Section title="Switch report" note="counted at the edge">
            <Callout
              tone={release.report.failedRequests === 0 ? 'green' : 'yellow'}
              title={`${reportSentence(release.report)}.`}
            />
          </Section>
        ) : null}
        <ReleaseDetails release={release} base={base} />
      </PageBody>
    </>
  );
}

function AbortButton({ release }: { release: ReleaseView }) {
  const { run, isBusy, denied } = useAbort(release);
  return (
    <Button
      look="danger"
      aria-disabled={isBusy || Boolean(denied)}
      title={denied ?? 'Stops here and undoes what was started. What serves now keeps serving.'}
      onClick={run}
    >
      <Ban /> {isBusy ? 'Aborting' : 'Abort'}
    </Button>
  );
}

/** Number, who, why, when and the commit of each component, on one calm line. */
function Facts({ release }: { release: ReleaseView }) {
  const { slug } = useOrg();
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1.5 text-sm text-muted">
      <span>
        {kindWords[release.kind]} {triggerWords(release.trigger, release.requestedBy)}, <Ago at={release.createdAt} />
      </span>
      {release.startedAt ? (
        <span>
          {(release.liveAt ?? release.endedAt) ? 'Took ' : 'Running for '}
          <Took from={release.startedAt} to={release.liveAt ?? release.endedAt} className="tabular text-text" />
        </span>
      ) : null}
      {release.tag ? (
        <Link
          href={`/${slug}/${release.projectSlug}/tags#${release.tag.id}`}
          className="mono inline-flex items-center gap-1.5 text-text hover:underline"
        >
          <Tag className="size-3.5 text-muted" /> {release.tag.name}
        </Link>
      ) : null}
      {commitGroups(release.commits).map(({ commit, components }) => (
        <span key={commit.componentId} className="inline-flex max-w-full min-w-0 items-center gap-1.5">
          {release.components.length > 1 ? <span className="shrink-0">{components.join(', ')}</span> : null}
          <Copyable value={commit.commit} what="commit" className="shrink-0 text-text">
            {commit.refName}@{commit.commit.slice(0, 7)}
          </Copyable>
          <span className="max-w-80 truncate" title={`${commit.message} (${commit.author})`}>
            {commit.message}
          </span>
        </span>
      ))}
      {release.supersededBy?.number ? (
        <Link href={String(release.supersededBy.number)} className="text-accent-text hover:underline">
          See release {release.supersededBy.number}
        </Link>
      ) : null}
      <a
        href={`/api/releases/${release.id}/log?org=${slug}`}
        download
        className="inline-flex sm:ml-auto items-center gap-1 hover:text-text"
      >
        <Download className="size-3.5 stroke-[1.75]" /> Download the log
      </a>
    </div>
  );
}
