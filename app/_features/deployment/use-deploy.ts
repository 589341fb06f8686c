'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { codeOf, sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';

export type DeployKind = 'deploy' | 'trigger' | 'configuration' | 'restart';
interface Target {
  id: string;
  slug: string;
  project: { slug: string };
  draftRevision: number;
}

/** Asks for a release or a restart of a deployment and goes to its page. The revision sent is the one that the page shows. */
export function useDeploy(deployment: Target) {
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
    onError: (error: Parameters<typeof sentenceOf>[0]) => {
      toast(sentenceOf(error), { tone: 'red', code: codeOf(error) });
      // The draft may have changed in between: show what is there now.
      void queries.invalidateQueries(trpc.deployments.pathFilter());
      void queries.invalidateQueries(trpc.drafts.pathFilter());
    },
  };
  const request = useMutation(trpc.releases.request.mutationOptions(options));
  const restart = useMutation(trpc.releases.restart.mutationOptions(options));
  const isBusy = request.isPending || restart.isPending;
  const run = (kind: DeployKind, componentIds?: string[], draftRevision = deployment.draftRevision): void => {
    if (isBusy || denied) return;
    if (kind === 'restart')
      return restart.mutate({ org, deploymentId: deployment.id, ...(componentIds ? { componentIds } : {}) });
    request.mutate({
      org,
      deploymentId: deployment.id,
      kind,
      ...(kind === 'trigger' ? {} : { draftRevision }),
    });
  };
  return { run, isBusy, denied };
}
