'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Plus, Search } from 'lucide-react';
import Link from 'next/link';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { DeploymentPill } from '#app/_features/projects/deployment-pill.tsx';
import { sortProjects, summarySentence } from '#app/_features/projects/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader } from '#app/_features/shell/page.tsx';
import { summaryTone } from '#app/_features/status/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Input } from '#app/ui/field.tsx';
import { Status, StatusShape } from '#app/ui/status.tsx';
import type { ProjectSummary } from '#server/domain/views/projects.ts';

export function ProjectsPage() {
  const trpc = useTRPC();
  const org = useOrg();
  const denied = useDenied('project.create');
  const { data } = useSuspenseQuery(trpc.projects.list.queryOptions({ org: org.slug }));
  const search = useSearchParams();
  const router = useRouter();
  const text = search.get('q') ?? '';
  const shown = sortProjects(data).filter((project) =>
    `${project.name} ${project.slug} ${project.sourceLabel}`.toLowerCase().includes(text.toLowerCase()),
  );
  const summary = summarySentence(data);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Projects', href: `/${org.slug}` }]}
        status={summary ? <Status tone={summary.tone}>{summary.sentence}</Status> : null}
        actions={
          data.length === 0 ? null : (
            <Button asChild look="primary" {...(denied ? { 'aria-disabled': true, title: denied } : {})}>
              <Link href={`/${org.slug}/new`}>
                <Plus /> New project
              </Link>
            </Button>
          )
        }
      />
      <PageBody className="gap-3">
        {data.length > 5 || text ? (
          <div className="relative max-w-xs">
            <Search
              aria-hidden
              className="pointer-events-none absolute top-2 left-2.5 size-4 stroke-[1.75] text-faint"
            />
            <Input
              data-search
              type="search"
              aria-label="Search projects"
              placeholder="Search projects"
              defaultValue={text}
              className="pl-8"
              onChange={(event) =>
                router.replace(event.target.value ? `?q=${encodeURIComponent(event.target.value)}` : '?', {
                  scroll: false,
                })
              }
            />
          </div>
        ) : null}
        {data.length === 0 ? (
          <Empty
            title="No projects yet"
            why="A project goes from a template or a Git repository to a running application in about a minute."
          >
            <Button asChild look="primary">
              <Link href={`/${org.slug}/new`}>
                <Plus /> New project
              </Link>
            </Button>
          </Empty>
        ) : (
          <ul className="-mx-2 divide-y border-y sm:border-y">
            {shown.map((project) => (
              <ProjectRow key={project.id} project={project} />
            ))}
            {shown.length === 0 ? (
              <li className="px-2 py-8 text-center text-sm text-muted">No project matches “{text}”.</li>
            ) : null}
          </ul>
        )}
      </PageBody>
    </>
  );
}

function ProjectRow({ project }: { project: ProjectSummary }) {
  const { slug } = useOrg();
  const active = project.deployments.find((deployment) => deployment.active)?.active ?? null;
  const current = project.deployments.filter((deployment) => deployment.restorableUntil === null);
  return (
    <li
      data-row
      className="group relative flex flex-wrap items-center gap-x-4 gap-y-2 px-2 py-3 transition-colors hover:bg-hover/60"
    >
      <StatusShape tone={summaryTone(project.status, active)} label className="-mr-1 size-4" />
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex min-w-0 items-baseline gap-2">
          <Link
            href={`/${slug}/${project.slug}`}
            className="truncate font-medium after:absolute after:inset-0 after:content-['']"
          >
            {project.name}
          </Link>
          <span className="truncate text-xs text-muted">{project.sourceLabel}</span>
        </p>
        <p className="truncate text-sm text-muted">{project.status.sentence}</p>
      </div>
      <div className="relative flex flex-wrap gap-1.5 max-sm:basis-full max-sm:pl-7">
        {current.map((deployment) => (
          <DeploymentPill
            key={deployment.id}
            deployment={deployment}
            href={`/${slug}/${project.slug}/${deployment.slug}`}
          />
        ))}
      </div>
    </li>
  );
}
