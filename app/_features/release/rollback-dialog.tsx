'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { DiffList } from '#app/_features/deployment/diff-list.tsx';
import { changeCount, changesNothing, codeLines, effects } from '#app/_features/release/rollback-view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import type { RollbackPreview } from '#server/domain/views/releases.ts';

interface Props {
  releaseId: string;
  number: number;
  /** Address of the deployment's pages. */
  base: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Says what a rollback would do, then asks for it and goes to its page. */
export function RollbackDialog({ releaseId, number, base, open, onOpenChange }: Props) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const denied = useDenied('release.create');
  const preview = useQuery({ ...trpc.releases.previewRollback.queryOptions({ org, releaseId }), enabled: open });
  const rollback = useMutation(
    trpc.releases.rollback.mutationOptions({
      onSuccess: (made) => {
        onOpenChange(false);
        router.push(`${base}/releases/${String(made.number ?? made.releaseId)}`);
      },
    }),
  );
  const refusal = denied ?? preview.data?.refusal ?? null;
  const isBusy = rollback.isPending || rollback.isSuccess;
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={`Roll back to release ${String(number)}`}
      description={
        preview.data
          ? `${changesNothing(preview.data) ? 'The same as' : `${changeCount(preview.data)} against`} release ${String(preview.data.liveNumber ?? '')}, which is live.`
          : 'Restores its images, settings and variables.'
      }
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            look="primary"
            data-autofocus
            aria-disabled={isBusy || !preview.data || Boolean(refusal)}
            title={refusal ?? undefined}
            onClick={() => !isBusy && preview.data && !refusal && rollback.mutate({ org, releaseId })}
          >
            {isBusy ? 'Requesting' : `Roll back to ${String(number)}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {refusal ? <Callout tone="yellow" role="alert" title={`${refusal}.`} /> : null}
        {rollback.error ? <Callout tone="red" role="alert" title={sentenceOf(rollback.error)} /> : null}
        {preview.data ? (
          <Effects preview={preview.data} />
        ) : preview.error ? (
          <p className="text-sm text-red-text">{sentenceOf(preview.error)}</p>
        ) : (
          <SkeletonRows rows={4} />
        )}
      </div>
    </Dialog>
  );
}

function Effects({ preview }: { preview: RollbackPreview }) {
  const { liveNumber, components, variables } = preview;
  const code = codeLines(preview);
  return (
    <>
      <ul className="flex flex-col gap-1.5 text-sm">
        {effects(preview).map((line) => (
          <li key={line.text} className="flex items-start gap-2 text-pretty">
            <StatusShape tone={line.isWarning ? 'yellow' : 'grey'} className="mt-1" />
            <span>{line.text}</span>
          </li>
        ))}
      </ul>
      {code.length > 0 ? (
        <section>
          <h3 className="border-b pb-1.5 font-medium">Code</h3>
          <dl className="divide-y text-sm">
            {code.map((line) => (
              <div
                key={line.component}
                className="grid min-h-9 items-center gap-x-4 py-1.5 sm:grid-cols-[180px_minmax(0,1fr)]"
              >
                <dt className="text-muted">{line.component}</dt>
                <dd className="min-w-0 truncate" title={line.message}>
                  <del className="mono text-muted decoration-faint">{line.from}</del>
                  <span aria-hidden className="mx-2 text-faint">
                    →
                  </span>
                  <ins className="mono no-underline">{line.to}</ins>
                  <span className="ml-2 text-muted">{line.message}</span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ) : null}
      {components.length + variables.length > 0 ? (
        <DiffList
          diff={{ revision: 0, liveNumber, components, variables, count: components.length + variables.length }}
        />
      ) : null}
    </>
  );
}
