'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { TagFields } from '#app/_features/tags/tag-fields.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { toast } from '#app/ui/toast.tsx';

interface Props {
  releaseId: string;
  number: number;
  /** Its slug. */
  project: string;
  onClose: () => void;
}

/** Gives the commits and images of a release a name. */
export function TagReleaseDialog({ releaseId, number, project, onClose }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const [typed, setTyped] = useState({ name: '', notes: '' });
  const tags = useQuery(trpc.tags.list.queryOptions({ org, project }));
  const suggestion = tags.data?.nextName ?? 'v1';
  const create = useMutation(
    trpc.tags.create.mutationOptions({
      onSuccess: async ({ name }) => {
        await Promise.all([
          queries.invalidateQueries(trpc.tags.pathFilter()),
          queries.invalidateQueries(trpc.releases.pathFilter()),
        ]);
        toast(`Release ${String(number)} is ${name}`);
        onClose();
      },
    }),
  );
  const isBlocked = create.isPending || create.isSuccess || !tags.data;
  const send = (): void => {
    if (isBlocked) return;
    create.mutate({
      org,
      name: typed.name.trim() || suggestion,
      notes: typed.notes,
      from: { kind: 'release', releaseId },
    });
  };
  const other = otherError(create.error, ['name', 'notes']);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Tag release ${String(number)}`}
      description="A name for its commits. Other deployments of the project can deploy it; its images are kept while the tag is there."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" aria-disabled={isBlocked} onClick={send}>
            Tag
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {other ? <Callout tone="red" role="alert" title={other} /> : null}
        <TagFields
          {...typed}
          suggestion={suggestion}
          nameError={fieldError(create.error, 'name')}
          notesError={fieldError(create.error, 'notes')}
          onChange={(next) => setTyped({ ...typed, ...next })}
        />
      </div>
    </Dialog>
  );
}
