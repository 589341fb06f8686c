'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { toast } from '#app/ui/toast.tsx';

interface Props {
  releaseId: string;
  number: number;
  base: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Says what loading the release's settings replaces, then opens the draft. */
export function EditReleaseDialog({ releaseId, number, base, open, onOpenChange }: Props) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const release = useQuery({ ...trpc.releases.get.queryOptions({ org, releaseId }), enabled: open });
  const deploymentId = release.data?.deploymentId ?? '';
  const diff = useQuery({ ...trpc.drafts.diff.queryOptions({ org, deploymentId }), enabled: deploymentId !== '' });
  const load = useMutation(
    trpc.drafts.loadRelease.mutationOptions({
      onSuccess: ({ leftOut }) => {
        onOpenChange(false);
        const gone = leftOut.length === 0 ? '' : ` ${leftOut.join(', ')} is left out: the project has it no more.`;
        toast(`The draft has the settings of release ${String(number)}.${gone}`);
        router.push(`${base}/components`);
      },
      onSettled: () =>
        Promise.all([
          queries.invalidateQueries(trpc.drafts.pathFilter()),
          queries.invalidateQueries(trpc.deployments.pathFilter()),
        ]),
    }),
  );
  const edits = diff.data?.components.length ?? 0;
  const error = load.error ?? diff.error ?? release.error;
  const revision = diff.data?.revision;
  const isBusy = load.isPending || load.isSuccess;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Edit release ${String(number)}`}
      description="Its components and settings replace the draft. What runs does not change until the next deploy; variables stay as they are."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            look="primary"
            data-autofocus
            aria-disabled={isBusy || revision === undefined}
            onClick={() => !isBusy && revision !== undefined && load.mutate({ org, releaseId, revision })}
          >
            Load into the draft
          </Button>
        </>
      }
    >
      {error ? <Callout tone="red" role="alert" title={sentenceOf(error)} /> : null}
      {!error && edits > 0 ? (
        <Callout
          tone="yellow"
          title={`Edits of ${countWords(edits, 'component')} that are not live yet are replaced too.`}
        />
      ) : null}
    </Dialog>
  );
}
