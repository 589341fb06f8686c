'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { CodeList } from '#app/_features/deployment/code-list.tsx';
import { DiffList } from '#app/_features/deployment/diff-list.tsx';
import { promotionEffects, refusalTitle } from '#app/_features/release/promote-view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Select } from '#app/ui/field.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import type { PromotionPreview } from '#server/domain/views/releases.ts';

interface Props {
  releaseId: string;
  number: number;
  /** The deployment that it is of. */
  deploymentId: string;
  /** Slug of its project. */
  project: string;
  onClose: () => void;
}

/** Chooses where the release goes, says what that does or why it cannot, and asks for it. */
export function PromoteDialog({ releaseId, number, deploymentId, project, onClose }: Props) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const denied = useDenied('release.create');
  const found = useQuery(trpc.projects.get.queryOptions({ org, project }));
  const others = (found.data?.deployments ?? []).filter(
    (one) => one.id !== deploymentId && one.restorableUntil === null,
  );
  const [picked, setPicked] = useState<string | null>(null);
  const targetId = picked ?? others[0]?.id ?? null;
  const target = others.find((one) => one.id === targetId);
  const preview = useQuery({
    ...trpc.releases.previewPromotion.queryOptions({ org, releaseId, deploymentId: targetId ?? '' }),
    enabled: targetId !== null,
    staleTime: 0,
    retry: false,
  });
  const promote = useMutation(
    trpc.releases.promote.mutationOptions({
      onSuccess: (made) =>
        router.push(`/${org}/${project}/${target?.slug ?? ''}/releases/${String(made.number ?? made.releaseId)}`),
      onError: () => preview.refetch(),
    }),
  );
  const { data } = preview;
  const isBlocked = promote.isPending || promote.isSuccess || !data || data.refusals.length > 0 || Boolean(denied);
  return (
    <Dialog
      wide
      open
      onOpenChange={onClose}
      title={`Promote release ${String(number)}`}
      description="The same images in another deployment of the project, with its settings and variables."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            aria-disabled={isBlocked}
            title={denied ?? undefined}
            onClick={() =>
              !isBlocked &&
              targetId &&
              promote.mutate({ org, releaseId, deploymentId: targetId, draftRevision: data.draftRevision })
            }
          >
            {promote.isPending ? 'Requesting' : `Promote to ${target?.name ?? '…'}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {found.data && others.length === 0 ? (
          <Callout tone="grey" title="The project has no other deployment.">
            Make one first; a promotion brings this release there without a build.
          </Callout>
        ) : (
          <Field label="To">
            {(wired) => (
              <Select
                {...wired}
                className="max-w-72"
                value={targetId ?? ''}
                onChange={(event) => setPicked(event.target.value)}
              >
                {others.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {promote.error ? <Callout tone="red" role="alert" title={sentenceOf(promote.error)} /> : null}
        {data ? (
          <Effects preview={data} />
        ) : preview.error ? (
          <Callout tone="yellow" role="alert" title={sentenceOf(preview.error)} />
        ) : targetId === null ? null : (
          <SkeletonRows rows={4} />
        )}
      </div>
    </Dialog>
  );
}

function Effects({ preview }: { preview: PromotionPreview }) {
  const { components, variables, liveNumber, draftRevision: revision } = preview;
  const refusal = refusalTitle(preview);
  if (refusal !== null)
    return (
      <Callout tone="yellow" role="alert" title={`${refusal}.`}>
        <ul className="flex flex-col gap-1">
          {preview.refusals.map((one) => (
            <li key={`${one.kind}-${one.componentId ?? ''}-${one.key}`}>{one.message}</li>
          ))}
        </ul>
        <p className="mt-2">
          Make them equal and deploy, or deploy the same commits with a tag: that builds them for the target.
        </p>
      </Callout>
    );
  return (
    <>
      <ul className="flex flex-col gap-1.5 text-sm">
        {promotionEffects(preview).map((line) => (
          <li key={line.text} className="flex items-start gap-2 text-pretty">
            <StatusShape tone={line.isWarning ? 'yellow' : 'grey'} className="mt-1" />
            <span>{line.text}</span>
          </li>
        ))}
      </ul>
      <CodeList code={preview.code} />
      <DiffList diff={{ revision, liveNumber, components, variables, count: components.length + variables.length }} />
    </>
  );
}
