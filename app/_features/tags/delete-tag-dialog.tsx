'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import type { TagView } from '#server/domain/views/tags.ts';

export function DeleteTagDialog({ tag, onClose }: { tag: TagView; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const remove = useMutation(
    trpc.tags.delete.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.tags.pathFilter());
        onClose();
      },
    }),
  );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Delete ${tag.name}`}
      description="The name and its notes go, at once and for good. Releases with these commits stay as they are; their images are kept only as long as those of other releases."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            data-autofocus
            aria-disabled={remove.isPending}
            onClick={() => !remove.isPending && remove.mutate({ org, tagId: tag.id })}
          >
            Delete the tag
          </Button>
        </>
      }
    >
      {remove.error ? <Callout tone="red" role="alert" title={sentenceOf(remove.error)} /> : null}
    </Dialog>
  );
}
