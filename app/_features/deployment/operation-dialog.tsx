'use client';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { ScaleFields } from '#app/_features/deployment/scale-fields.tsx';
import { scalable, scaleChanges, type ScaleForm } from '#app/_features/deployment/scale-view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Checkbox } from '#app/ui/field.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { DeploymentView, OperationPreview, ReleaseComponentView } from '#server/domain/views/releases.ts';

export type Operation = OperationPreview['kind'];
const words = {
  restart: { title: 'Restart', verb: 'Restart', busy: 'Requesting', done: 'Restart requested' },
  scale: { title: 'Scale', verb: 'Scale', busy: 'Requesting', done: 'Scale requested' },
  suspend: { title: 'Suspend', verb: 'Suspend', busy: 'Requesting', done: 'Suspend requested' },
  resume: { title: 'Resume', verb: 'Resume', busy: 'Requesting', done: 'Resume requested' },
} as const;

interface Props {
  deployment: DeploymentView;
  kind: Operation;
  onClose: () => void;
}

/** Says what the operation will do now, lets one choose where there is a choice, and asks for it. */
export function OperationDialog({ deployment, kind, onClose }: Props) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const denied = useDenied('deployment.operate');
  const deploymentId = deployment.id;
  const liveId = deployment.live?.id ?? '';
  const isChoosing = kind === 'restart' || kind === 'scale';
  const live = useQuery({
    ...trpc.releases.get.queryOptions({ org, releaseId: liveId }),
    enabled: isChoosing && liveId !== '',
  });
  const components = scalable(live.data?.components ?? []);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const [form, setForm] = useState<ScaleForm>({});
  const scale = scaleChanges(components, form);
  const componentIds = chosen ? { componentIds: [...chosen] } : {};
  const isAskable = (kind !== 'scale' || (scale !== null && scale.length > 0)) && chosen?.length !== 0;
  const preview = useQuery({
    ...trpc.operations.preview.queryOptions({
      org, deploymentId, kind, ...(kind === 'restart' ? componentIds : {}), ...(kind === 'scale' && scale ? { scale } : {}),
    }), // prettier-ignore
    enabled: isAskable,
    placeholderData: keepPreviousData,
  });
  const request = useRequest(deployment, kind, onClose);
  const error = preview.error ?? request.error;
  const refusal = denied ?? preview.data?.refusal ?? null;
  const isReady = isAskable && preview.data !== undefined && !preview.isPlaceholderData && refusal === null;
  const run = (): void => {
    if (isReady && !request.isBusy) request.run({ ...componentIds, changes: scale ?? [] });
  };
  return (
    <Dialog
      open
      wide={kind === 'scale'}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`${words[kind].title} ${deployment.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look={kind === 'suspend' ? 'danger' : 'primary'}
            {...(kind === 'scale' ? {} : { 'data-autofocus': true })}
            aria-disabled={!isReady || request.isBusy}
            title={refusal ?? undefined}
            onClick={run}
          >
            {request.isBusy ? words[kind].busy : words[kind].verb}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {isChoosing && !live.data ? <SkeletonRows rows={2} /> : null}
        {kind === 'restart' && components.length > 1 ? (
          <ComponentChoice components={components} chosen={chosen} onChange={setChosen} />
        ) : null}
        {kind === 'scale' && live.data ? <ScaleFields components={components} form={form} onChange={setForm} /> : null}
        <Effects preview={isAskable ? preview.data : undefined} refusal={refusal} />
        {error ? <Callout tone="red" role="alert" title={sentenceOf(error)} /> : null}
      </div>
    </Dialog>
  );
}

function useRequest(deployment: DeploymentView, kind: Operation, onClose: () => void) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const base = `/${org}/${deployment.project.slug}/${deployment.slug}`;
  const options = {
    onSuccess: (made: { releaseId: string }) => {
      onClose();
      toast(words[kind].done, {
        action: { label: 'Watch', run: () => router.push(`${base}/releases/${made.releaseId}`) },
      });
    },
  };
  const restart = useMutation(trpc.operations.restart.mutationOptions(options));
  const scale = useMutation(trpc.operations.scale.mutationOptions(options));
  const suspend = useMutation(trpc.operations.suspend.mutationOptions(options));
  const resume = useMutation(trpc.operations.resume.mutationOptions(options));
  const of = { org, deploymentId: deployment.id };
  const run = (chosen: { componentIds?: string[]; changes: Parameters<typeof scale.mutate>[0]['changes'] }): void => {
    if (kind === 'suspend') return suspend.mutate(of);
    if (kind === 'resume') return resume.mutate(of);
    if (kind === 'scale') return scale.mutate({ ...of, changes: chosen.changes });
    return restart.mutate({ ...of, ...(chosen.componentIds ? { componentIds: chosen.componentIds } : {}) });
  };
  const all = [restart, scale, suspend, resume];
  return {
    run,
    isBusy: all.some((one) => one.isPending || one.isSuccess),
    error: all.find((one) => one.error)?.error ?? null,
  };
}

function Effects({ preview, refusal }: { preview: OperationPreview | undefined; refusal: string | null }) {
  if (refusal) return <Callout tone="yellow" role="alert" title={`${refusal}.`} />;
  if (!preview) return null;
  return (
    <ul className="flex flex-col gap-1.5 text-sm" aria-label="What it will do">
      {preview.effects.map((line) => (
        <li key={line} className="flex items-start gap-2 text-pretty">
          <StatusShape tone="grey" className="mt-1" />
          <span>{line}</span>
        </li>
      ))}
    </ul>
  );
}

interface ChoiceProps {
  components: readonly ReleaseComponentView[];
  /** Null: all. */
  chosen: readonly string[] | null;
  onChange: (chosen: readonly string[] | null) => void;
}
function ComponentChoice({ components, chosen, onChange }: ChoiceProps) {
  const all = components.map((one) => one.componentId);
  const toggle = (id: string): void => {
    const next = all.filter((one) => (one === id) !== (chosen ?? all).includes(one));
    onChange(next.length === all.length ? null : next);
  };
  return (
    <fieldset className="flex flex-wrap gap-x-5 gap-y-2">
      <legend className="mb-1.5 text-xs font-medium">Components</legend>
      {components.map((one) => (
        <Checkbox
          key={one.componentId}
          label={one.name}
          checked={(chosen ?? all).includes(one.componentId)}
          onChange={() => toggle(one.componentId)}
        />
      ))}
    </fieldset>
  );
}
