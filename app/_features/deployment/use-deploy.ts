'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { requestDiff } from '#app/_features/deployment/diff-request.ts';
import { endOfSave } from '#app/_features/deployment/pending-save.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { codeOf, fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';

export type DeployKind = 'deploy' | 'trigger' | 'configuration';
interface Target {
  id: string;
  slug: string;
  project: { slug: string };
  draftRevision: number;
}

/**
 * Asks for a release of a deployment and goes to its page. The revision sent is the one that the page shows,
 * or that of the save which is just under way. When the draft is another one by now, what it changes is shown, to deploy
 * from there: by `onConflict`, else by the page's Deploy button.
 */
export function useDeploy(deployment: Target, onConflict?: (notice: string) => void) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const denied = useDenied('release.create');
  const options = {
    onSuccess: (made: { releaseId: string; number: number | null }) => {
      router.push(
        `/${org}/${deployment.project.slug}/${deployment.slug}/releases/${String(made.number ?? made.releaseId)}`,
      );
    },
    onError: async (error: Parameters<typeof sentenceOf>[0]) => {
      // The draft may have changed in between: show what is there now, also where it is not on the page yet.
      const fresh = Promise.all([
        queries.invalidateQueries(trpc.deployments.pathFilter()),
        queries.invalidateQueries(trpc.drafts.get.pathFilter()),
        queries.invalidateQueries({ ...trpc.drafts.diff.pathFilter(), refetchType: 'all' }),
      ]);
      const notice = fieldError(error, 'draftRevision');
      if (notice !== null) {
        await fresh;
        if (onConflict) return onConflict(notice);
        if (requestDiff(deployment.id, notice)) return;
      }
      toast(sentenceOf(error), { tone: 'red', code: codeOf(error) });
    },
  };
  const request = useMutation(trpc.releases.request.mutationOptions(options));
  const [isWaiting, setWaiting] = useState(false);
  const isBusy = isWaiting || request.isPending;
  const ask = async (kind: 'deploy' | 'configuration', shownRevision: number): Promise<void> => {
    setWaiting(true);
    const save = await endOfSave(queries, trpc.drafts.save.mutationKey(), deployment.id);
    setWaiting(false);
    if (save.kind === 'failed') return toast('Not deployed: the changes could not be saved.', { tone: 'red' });
    const draftRevision = save.kind === 'saved' ? save.revision : shownRevision;
    request.mutate({ org, deploymentId: deployment.id, kind, draftRevision });
  };
  const run = (kind: DeployKind, draftRevision = deployment.draftRevision): void => {
    if (isBusy || denied) return;
    if (kind === 'trigger') return request.mutate({ org, deploymentId: deployment.id, kind });
    void ask(kind, draftRevision);
  };
  return { run, isBusy, denied };
}
