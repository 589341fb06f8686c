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

export type DeployKind = 'deploy' | 'trigger' | 'configuration' | 'tag';
/** What a page showed, and what was typed: what is shown is what ships. */
export interface Shown {
  draftRevision?: number | undefined;
  commits?: readonly { componentId: string; commit: string }[] | undefined;
  /** For `tag`. */
  tag?: { name: string; notes: string };
}
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
      void queries.invalidateQueries(trpc.releases.preview.pathFilter());
      const notice = fieldError(error, 'draftRevision') ?? fieldError(error, 'commits');
      if (notice !== null) {
        await fresh;
        if (onConflict) return onConflict(notice);
        if (requestDiff(deployment.id, notice)) return;
      }
      toast(sentenceOf(error), { tone: 'red', code: codeOf(error) });
    },
  };
  const request = useMutation(trpc.releases.request.mutationOptions(options));
  const tag = useMutation(
    trpc.tags.create.mutationOptions({
      onSuccess: ({ releases: [made] }) => made && options.onSuccess(made),
      // A name that is taken stands at its field.
      onError: (error) => (fieldError(error, 'name') === null ? options.onError(error) : undefined),
    }),
  );
  const [isWaiting, setWaiting] = useState(false);
  const isBusy = isWaiting || request.isPending || tag.isPending;
  const ask = async (kind: 'deploy' | 'configuration' | 'tag', shown: Shown): Promise<void> => {
    setWaiting(true);
    const save = await endOfSave(queries, trpc.drafts.save.mutationKey(), deployment.id);
    setWaiting(false);
    if (save.kind === 'failed') return toast('Not deployed: the changes could not be saved.', { tone: 'red' });
    const { id: deploymentId } = deployment;
    const draftRevision = save.kind === 'saved' ? save.revision : (shown.draftRevision ?? deployment.draftRevision);
    const commits = shown.commits?.map(({ componentId, commit }) => ({ componentId, commit }));
    const sent = { deploymentId, draftRevision, ...(commits && kind !== 'configuration' ? { commits } : {}) };
    if (kind !== 'tag') return request.mutate({ org, kind, ...sent });
    const { name = '', notes = '' } = shown.tag ?? {};
    tag.mutate({ org, name, notes, from: { kind: 'draft', ...sent }, targets: [{ deploymentId, draftRevision }] });
  };
  const run = (kind: DeployKind, shown: Shown = {}): void => {
    if (isBusy || denied) return;
    if (kind === 'trigger') return request.mutate({ org, deploymentId: deployment.id, kind });
    void ask(kind, shown);
  };
  return { run, isBusy, denied, tagError: tag.error };
}
