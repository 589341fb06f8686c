'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { CodeList } from '#app/_features/deployment/code-list.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError, sentenceOf } from '#app/_features/shell/problem.ts';
import { useTagDeployed } from '#app/_features/tags/deploy-tag-dialog.tsx';
import { TagFields } from '#app/_features/tags/tag-fields.tsx';
import { TagTargets } from '#app/_features/tags/tag-targets.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Select } from '#app/ui/field.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';

interface Props {
  deployments: readonly DeploymentSummary[];
  suggestion: string;
  /** Address of the project. */
  base: string;
  onClose: () => void;
}

/** Freezes what a deployment would deploy now, and deploys it at once where that is wanted. */
export function NewTagDialog({ deployments, suggestion, base, onClose }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const [fromId, setFrom] = useState(deployments[0]?.id ?? '');
  const [typed, setTyped] = useState({ name: '', notes: '' });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const preview = useQuery({
    ...trpc.releases.preview.queryOptions({ org, deploymentId: fromId, kind: 'deploy' }),
    staleTime: 0,
    retry: false,
  });
  const done = useTagDeployed(base, deployments, onClose);
  const create = useMutation(
    trpc.tags.create.mutationOptions({
      onSuccess: done,
      onError: () => queries.invalidateQueries(trpc.releases.preview.pathFilter()),
    }),
  );
  const { data } = preview;
  const isBlocked = create.isPending || create.isSuccess || !data || data.problem !== null;
  const send = (): void => {
    if (isBlocked) return;
    const commits = data.commits.map(({ componentId, commit }) => ({ componentId, commit }));
    create.mutate({
      org,
      name: typed.name.trim() || suggestion,
      notes: typed.notes,
      from: { kind: 'draft', deploymentId: fromId, draftRevision: data.draftRevision, commits },
      targets: [...chosen].map((deploymentId) => ({ deploymentId })),
    });
  };
  const problem = preview.error ? sentenceOf(preview.error) : data?.problem ? `${data.problem.message} ${data.problem.advice}` : null; // prettier-ignore
  return (
    <Dialog
      wide
      open
      onOpenChange={onClose}
      title="New tag"
      description="Names exactly the commits below, for every deployment of the project."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" aria-disabled={isBlocked} onClick={send}>
            {chosen.size > 0 ? 'Tag and deploy' : 'Tag'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {otherError(create.error, ['name', 'notes']) ? (
          <Callout tone="red" role="alert" title={otherError(create.error, ['name', 'notes'])} />
        ) : null}
        <TagFields
          {...typed}
          suggestion={suggestion}
          nameError={fieldError(create.error, 'name')}
          notesError={fieldError(create.error, 'notes')}
          onChange={(next) => setTyped({ ...typed, ...next })}
        />
        <Field
          label="Commits"
          hint="The newest that this deployment’s branches have now, compared with what is live there"
        >
          {(wired) => (
            <Select {...wired} className="max-w-72" value={fromId} onChange={(event) => setFrom(event.target.value)}>
              {deployments.map((deployment) => (
                <option key={deployment.id} value={deployment.id}>
                  Newest of {deployment.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {problem ? <Callout tone="red" role="alert" title={problem} /> : null}
        {data ? <CodeList code={data.code} /> : preview.error ? null : <SkeletonRows rows={2} />}
        <TagTargets
          deployments={deployments}
          chosen={chosen}
          tagId={null}
          legend="Deploy it at once to"
          onChange={setChosen}
        />
      </div>
    </Dialog>
  );
}
