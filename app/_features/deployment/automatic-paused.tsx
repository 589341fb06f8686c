'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { toast } from '#app/ui/toast.tsx';

/** Says that pushes do not deploy by themselves for now, and why; a person ends it. */
export function AutomaticPaused({ deploymentId, reason }: { deploymentId: string; reason: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const denied = useDenied('deployment.operate');
  const resume = useMutation(
    trpc.deployments.resumeAutomatic.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.deployments.pathFilter()),
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
    }),
  );
  const isBusy = resume.isPending || resume.isSuccess;
  return (
    <Callout
      tone="grey"
      title={`Automatic deploys are paused: ${reason}`}
      actions={
        <Button
          aria-disabled={isBusy || Boolean(denied)}
          title={denied ?? undefined}
          onClick={() => !isBusy && !denied && resume.mutate({ org, deploymentId })}
        >
          Resume automatic deploys
        </Button>
      }
    >
      A push deploys nothing until somebody resumes them. Deploy works as always.
    </Callout>
  );
}
