'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { Plus, Tag, Undo2 } from 'lucide-react';
import Link from 'next/link';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { NewDeploymentDialog } from '#app/_features/projects/new-deployment-dialog.tsx';
import { ProjectOptions } from '#app/_features/projects/project-options.tsx';
import { byStage } from '#app/_features/projects/view.ts';
import { stateWords } from '#app/_features/release/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader, Section } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { summaryTone } from '#app/_features/status/view.ts';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Status, StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';

/** The deployments of a project by stage; the state of each is read first. */
export function ProjectPage({ project: slug }: { project: string }) {
  const trpc = useTRPC();
  const org = useOrg();
  const router = useRouter();
  const search = useSearchParams();
  const { data: project } = useSuspenseQuery(trpc.projects.get.queryOptions({ org: org.slug, project: slug }));
  const denied = useDenied('deployment.create');
  const base = `/${org.slug}/${slug}`;
  const isCreating = search.has('new');
  const setCreating = (isOpen: boolean): void => router.replace(isOpen ? '?new' : base, { scroll: false });
  const current = project.deployments.filter((deployment) => deployment.restorableUntil === null);
  const trashed = project.deployments.filter((deployment) => deployment.restorableUntil !== null);
  useCommands([
    { id: 'tags', title: `${project.name}: Tags`, group: 'This page', run: () => router.push(`${base}/tags`) },
    {
      id: 'new-deployment',
      title: 'New deployment',
      group: 'Actions',
      disabledReason: denied,
      run: () => setCreating(true),
    },
  ]);
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Projects', href: `/${org.slug}` },
          { label: project.name, href: base },
        ]}
        status={<Status tone={summaryTone(project.status, null)}>{project.status.sentence}</Status>}
        actions={
          <>
            <Button asChild>
              <Link href={`${base}/tags`}>
                <Tag /> Tags
              </Link>
            </Button>
            <Button
              look="primary"
              aria-disabled={Boolean(denied)}
              title={denied ?? undefined}
              onClick={() => !denied && setCreating(true)}
            >
              <Plus /> New deployment
            </Button>
          </>
        }
      />
      <PageBody className="max-w-5xl gap-8">
        <p className="flex flex-wrap items-center gap-x-5 gap-y-1 text-sm text-muted">
          <span>{project.sourceLabel}</span>
          {project.cloneUrl === null ? null : (
            <Copyable value={`git clone ${project.cloneUrl}`} what="clone command">
              {project.cloneUrl}
            </Copyable>
          )}
          {project.repositories.map((repository) =>
            repository.url ? <Copyable key={repository.id} value={repository.url} what="repository URL" /> : null,
          )}
          <span>{project.components.map((component) => component.name).join(', ')}</span>
          <span>
            created <Ago at={project.createdAt} />
            {project.createdBy ? ` by ${project.createdBy.name}` : ''}
          </span>
        </p>
        {current.length === 0 ? (
          <Empty
            title="No deployments"
            why="A deployment is a full instance of the project for one stage: production, staging, or one per branch."
          />
        ) : (
          byStage(current).map((group) => (
            <Section key={group.stage} title={group.stage}>
              <ul className="divide-y border-y">
                {group.deployments.map((deployment) => (
                  <DeploymentRow key={deployment.id} deployment={deployment} href={`${base}/${deployment.slug}`} />
                ))}
              </ul>
            </Section>
          ))
        )}
        {trashed.length > 0 ? (
          <Section title="Deleted" note="can be restored for a while">
            <ul className="divide-y border-y">
              {trashed.map((deployment) => (
                <TrashedRow key={deployment.id} deployment={deployment} />
              ))}
            </ul>
          </Section>
        ) : null}
        <ProjectOptions project={project} />
      </PageBody>
      <NewDeploymentDialog project={project} open={isCreating} onOpenChange={setCreating} />
    </>
  );
}

function DeploymentRow({ deployment, href }: { deployment: DeploymentSummary; href: string }) {
  return (
    <li
      data-row
      className="relative flex min-h-12 flex-wrap items-center gap-x-4 gap-y-1 py-2 transition-colors hover:bg-hover/60"
    >
      <StatusShape tone={summaryTone(deployment.status, deployment.active)} label className="ml-1" />
      <div className="min-w-0 flex-1 basis-40">
        <Link href={href} className="font-medium after:absolute after:inset-0 after:content-['']">
          {deployment.name}
        </Link>
        <p className="truncate text-sm text-muted">
          {deployment.active
            ? `${stateWords[deployment.active.state].word}${deployment.active.number === null ? '' : ` release ${String(deployment.active.number)}`}. `
            : ''}
          {deployment.status.sentence}
        </p>
      </div>
      <span className="relative shrink-0 max-lg:hidden">
        <Copyable value={deployment.url} what="URL" className="text-muted">
          {deployment.url.replace(/^https?:\/\/|\/$/g, '')}
        </Copyable>
      </span>
      <span className="w-40 text-right text-sm text-muted max-sm:hidden">
        {deployment.liveNumber === null ? (
          'not deployed yet'
        ) : (
          <>
            release {deployment.liveNumber}
            {deployment.liveAt ? (
              <>
                , <Ago at={deployment.liveAt} />
              </>
            ) : null}
          </>
        )}
      </span>
    </li>
  );
}

function TrashedRow({ deployment }: { deployment: DeploymentSummary }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const denied = useDenied('deployment.delete');
  const restore = useMutation(
    trpc.deployments.restore.mutationOptions({ onError: (error) => toast(sentenceOf(error), { tone: 'red' }) }),
  );
  return (
    <li className="flex min-h-11 items-center gap-3 text-sm">
      <StatusShape tone="grey" className="ml-1" />
      <span className="min-w-0 flex-1 truncate">{deployment.name}</span>
      {deployment.restorableUntil ? (
        <span className="text-muted">
          goes for good <Ago at={deployment.restorableUntil} />
        </span>
      ) : null}
      <Button
        size="small"
        aria-disabled={restore.isPending || Boolean(denied)}
        title={denied ?? undefined}
        onClick={() => !denied && restore.mutate({ org, deploymentId: deployment.id })}
      >
        <Undo2 /> Restore
      </Button>
    </li>
  );
}
