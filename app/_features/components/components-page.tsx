'use client';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { AddComponentDialog } from '#app/_features/components/add-component-dialog.tsx';
import { ComponentSettings } from '#app/_features/components/component-settings.tsx';
import { countEdits, documentWith, type Edits } from '#app/_features/components/draft-edit.ts';
import { ManifestOffers } from '#app/_features/components/manifest-offers.tsx';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { PageBody } from '#app/_features/shell/page.tsx';
import { fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { cn } from '#app/ui/cn.ts';
import { Empty } from '#app/ui/empty.tsx';
import { countWords } from '#app/ui/time-words.ts';

/** The draft: settings per component. Saving changes nothing that runs; the next release does. */
export function ComponentsPage({ project: projectSlug, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const search = useSearchParams();
  const { deployment, base, org } = useDeployment(projectSlug, slug);
  const { data: draft } = useSuspenseQuery(trpc.drafts.get.queryOptions({ org, deploymentId: deployment.id }));
  const { data: diff } = useSuspenseQuery(trpc.drafts.diff.queryOptions({ org, deploymentId: deployment.id }));
  const { data: project } = useSuspenseQuery(trpc.projects.get.queryOptions({ org, project: projectSlug }));
  const denied = useDenied('deployment.update');
  const [edits, setEdits] = useState<Edits>(new Map());
  const [isAdding, setAdding] = useState(false);
  const deploy = useDeploy(deployment);
  const save = useSave(org, deployment.id, () => setEdits(new Map()));
  const asked = search.get('component');
  const selected = draft.components.find((component) => component.componentId === asked) ?? draft.components[0];
  const facts = project.components.find((component) => component.id === selected?.componentId);
  const count = countEdits(draft, edits);
  const saveAll = (next: Edits, after?: () => void): void => {
    if (!save.isPending && !denied)
      save.mutate(
        { org, deploymentId: deployment.id, revision: draft.revision, document: documentWith(draft, next) },
        after ? { onSuccess: after } : {},
      );
  };
  const leaveOut = (componentId: string): void => {
    const document = documentWith(draft, edits);
    save.mutate({
      org,
      deploymentId: deployment.id,
      revision: draft.revision,
      document: { components: document.components.filter((entry) => entry.componentId !== componentId) },
    });
  };
  return (
    <PageBody className="gap-4 pt-4">
      <ManifestOffers draft={draft} project={project} />
      {selected && facts ? (
        <div className="grid gap-x-10 gap-y-4 md:grid-cols-[200px_minmax(0,1fr)]">
          <nav aria-label="Components" className="flex flex-col gap-px max-md:-mx-1 max-md:flex-row max-md:flex-wrap">
            {draft.components.map((component) => (
              <button
                key={component.componentId}
                type="button"
                data-row
                aria-current={component === selected ? 'true' : undefined}
                onClick={() =>
                  router.replace(`${base}/components?component=${component.componentId}`, { scroll: false })
                }
                className="flex h-8 items-center gap-2 rounded-md px-2 text-left text-sm text-muted hover:bg-hover hover:text-text aria-[current=true]:bg-hover aria-[current=true]:font-medium aria-[current=true]:text-text"
              >
                <span className="truncate">{component.name}</span>
                {component.kind === component.name ? null : (
                  <span className="text-xs font-normal text-muted">{component.kind}</span>
                )}
                {diff.components.some((change) => change.componentId === component.componentId) ? (
                  <span title="Differs from live" className="ml-auto size-1.5 shrink-0 rounded-full bg-accent-text" />
                ) : null}
              </button>
            ))}
            <Button
              look="quiet"
              className="justify-start px-2 max-md:h-8"
              aria-disabled={Boolean(denied)}
              title={denied ?? undefined}
              onClick={() => !denied && setAdding(true)}
            >
              <Plus /> Add component
            </Button>
          </nav>
          <ComponentSettings
            key={selected.componentId}
            component={selected}
            facts={facts}
            draft={draft}
            diff={diff}
            denied={denied}
            overrides={edits.get(selected.componentId) ?? selected.overrides}
            errorOf={(path) => fieldError(save.error, path)}
            onChange={(overrides) => setEdits(new Map(edits).set(selected.componentId, overrides))}
            onSuggestion={(overrides, deploys) => {
              const next = new Map(edits).set(selected.componentId, overrides);
              setEdits(next);
              if (deploys) saveAll(next, () => deploy.run('deploy', { draftRevision: draft.revision + 1 }));
            }}
            onLeaveOut={() => leaveOut(selected.componentId)}
          />
        </div>
      ) : (
        <Empty
          title="No components"
          why="A component is one unit of the project: a web process, a worker, static files."
        >
          <Button look="primary" onClick={() => setAdding(true)}>
            <Plus /> Add component
          </Button>
        </Empty>
      )}
      <div
        role="status"
        className={cn(
          'sticky bottom-16 z-10 mx-auto flex w-full max-w-xl items-center gap-2 rounded-xl bg-raised py-2 pr-2 pl-4 text-sm shadow-raised transition-opacity md:bottom-4',
          count === 0 && 'pointer-events-none invisible opacity-0',
        )}
      >
        <span className="min-w-0 flex-1 text-pretty">
          {save.error ? (
            <span className="text-red-text">{sentenceOf(save.error)}</span>
          ) : (
            `${countWords(count, 'edit')} not saved`
          )}
        </span>
        <Button
          look="quiet"
          size="small"
          onClick={() => {
            setEdits(new Map());
            save.reset();
          }}
        >
          Discard
        </Button>
        <Button size="small" aria-disabled={save.isPending} onClick={() => saveAll(edits)}>
          Save to the draft
        </Button>
      </div>
      <AddComponentDialog
        project={project}
        draft={draft}
        deploymentId={deployment.id}
        open={isAdding}
        onOpenChange={setAdding}
      />
    </PageBody>
  );
}

function useSave(org: string, deploymentId: string, onSaved: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return useMutation(
    trpc.drafts.save.mutationOptions({
      onSuccess: async () => {
        await Promise.all([
          queries.invalidateQueries(trpc.drafts.pathFilter()),
          queries.invalidateQueries(trpc.deployments.pathFilter()),
        ]);
        onSaved();
      },
      onError: (error) => {
        // Somebody saved in between: what was typed stays, the newer draft is read underneath.
        if (error.data?.reason === 'conflict')
          void queries.invalidateQueries(trpc.drafts.get.queryFilter({ org, deploymentId }));
      },
    }),
  );
}
