'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { TagTargets } from '#app/_features/tags/tag-targets.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { toast } from '#app/ui/toast.tsx';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';
import type { TagCreated, TagView } from '#server/domain/views/tags.ts';

/** Goes to the one release that was made, or says how many there are. */
export function useTagDeployed(base: string, deployments: readonly DeploymentSummary[], onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  return async ({ name, releases }: TagCreated): Promise<void> => {
    await queries.invalidateQueries(trpc.tags.pathFilter());
    const [only] = releases;
    const target = deployments.find((deployment) => deployment.id === only?.deploymentId);
    if (releases.length === 1 && only && target)
      return router.push(`${base}/${target.slug}/releases/${String(only.number)}`);
    if (releases.length > 0) toast(`${name} is on its way to ${countWords(releases.length, 'deployment')}`);
    onClose();
  };
}

interface Props {
  tag: TagView;
  deployments: readonly DeploymentSummary[];
  /** Address of the project. */
  base: string;
  onClose: () => void;
}

/** The same commits to one or several deployments: all of them, or none. */
export function DeployTagDialog({ tag, deployments, base, onClose }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const done = useTagDeployed(base, deployments, onClose);
  const deploy = useMutation(
    trpc.tags.deploy.mutationOptions({
      onSuccess: done,
      onError: () => queries.invalidateQueries(trpc.releases.preview.pathFilter()),
    }),
  );
  const isBlocked = deploy.isPending || deploy.isSuccess || chosen.size === 0;
  const targets = (): { deploymentId: string; draftRevision?: number }[] =>
    [...chosen].map((deploymentId) => {
      const shown = queries.getQueryData(trpc.releases.preview.queryKey({ org, deploymentId, kind: 'deploy', tagId: tag.id })); // prettier-ignore
      return { deploymentId, ...(shown ? { draftRevision: shown.draftRevision } : {}) };
    });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Deploy ${tag.name}`}
      description="The same commits everywhere, with the settings and variables of each deployment."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            aria-disabled={isBlocked}
            onClick={() => !isBlocked && deploy.mutate({ org, tagId: tag.id, targets: targets() })}
          >
            {chosen.size > 1 ? `Deploy to ${countWords(chosen.size, 'deployment')}` : 'Deploy'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {deploy.error ? <Callout tone="red" role="alert" title={sentenceOf(deploy.error)} /> : null}
        <TagTargets
          deployments={deployments}
          chosen={chosen}
          tagId={tag.id}
          legend="Deployments"
          onChange={setChosen}
        />
      </div>
    </Dialog>
  );
}
