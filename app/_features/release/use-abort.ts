'use client';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';
import type { ReleaseState } from '#server/domain/release-machine.ts';

/** Stops a release until its routes are published. Busy from the click until it is over. */
export function useAbort(release: { id: string; state: ReleaseState }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const denied = useDenied('release.abort');
  const abort = useMutation(
    trpc.releases.abort.mutationOptions({ onError: (error) => toast(sentenceOf(error), { tone: 'red' }) }),
  );
  const isBusy = abort.isPending || abort.isSuccess || release.state === 'cancelling';
  const run = (): void => {
    if (!isBusy && !denied) abort.mutate({ org, releaseId: release.id });
  };
  return { run, isBusy, denied };
}
