'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader } from '#app/_features/shell/page.tsx';
import { DeleteTagDialog } from '#app/_features/tags/delete-tag-dialog.tsx';
import { DeployTagDialog } from '#app/_features/tags/deploy-tag-dialog.tsx';
import { NewTagDialog } from '#app/_features/tags/new-tag-dialog.tsx';
import { TagRow } from '#app/_features/tags/tag-row.tsx';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { Empty } from '#app/ui/empty.tsx';

/** The project's names for exact commits: what is in each, where it is, and the way to deploy it. */
export function TagsPage({ project: slug }: { project: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const router = useRouter();
  const search = useSearchParams();
  const { data: project } = useSuspenseQuery(trpc.projects.get.queryOptions({ org, project: slug }));
  const { data } = useSuspenseQuery(trpc.tags.list.queryOptions({ org, project: project.id }));
  const denied = useDenied('release.create');
  const base = `/${org}/${slug}`;
  const address = `${base}/tags`;
  const show = (query: string): void => router.replace(`${address}${query}`, { scroll: false });
  const close = (): void => show('');
  const named = (part: string) => data.tags.find((tag) => tag.name === search.get(part));
  const [deploying, deleting] = [named('deploy'), named('delete')];
  const deployments = project.deployments.filter((deployment) => deployment.restorableUntil === null);
  const refusal = denied ?? (deployments.length === 0 ? 'A tag is made of what a deployment would deploy: make one first' : null); // prettier-ignore
  useCommands([
    { id: 'new-tag', title: 'New tag', group: 'Actions', disabledReason: refusal, run: () => show('?new') },
  ]);
  const create = (
    <Button
      look="primary"
      aria-disabled={Boolean(refusal)}
      title={refusal ?? undefined}
      onClick={() => !refusal && show('?new')}
    >
      <Plus /> New tag
    </Button>
  );
  return (
    <>
      <PageHeader
        crumbs={[
          { label: project.name, href: base },
          { label: 'Tags', href: address },
        ]}
        actions={create}
      />
      <PageBody className="max-w-5xl">
        {data.tags.length === 0 ? (
          <Empty
            title="No tags yet"
            why="A tag names exact commits, so that staging and production deploy the same code, each with its own settings and variables."
          >
            {create}
          </Empty>
        ) : (
          <ul className="divide-y border-y">
            {data.tags.map((tag) => (
              <TagRow
                key={tag.id}
                tag={tag}
                base={base}
                denied={denied}
                onDeploy={() => show(`?deploy=${encodeURIComponent(tag.name)}`)}
                onDelete={() => show(`?delete=${encodeURIComponent(tag.name)}`)}
              />
            ))}
          </ul>
        )}
      </PageBody>
      {search.has('new') && !refusal ? (
        <NewTagDialog deployments={deployments} suggestion={data.nextName} base={base} onClose={close} />
      ) : null}
      {deploying ? <DeployTagDialog tag={deploying} deployments={deployments} base={base} onClose={close} /> : null}
      {deleting ? <DeleteTagDialog tag={deleting} onClose={close} /> : null}
    </>
  );
}
