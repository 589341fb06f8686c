'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { DraftView, ProjectView } from '#server/domain/views/projects.ts';

type Offers = DraftView['offered'];
const words = (offered: Offers): string =>
  offered.map(({ name, kind }) => (name === kind ? name : `${name} (${kind})`)).join(', ');
const titleOf = (offered: Offers): string => `slipway.yaml also describes ${words(offered)}`;

/** Components that the file describes and the project does not have: a person adds them. */
export function ManifestOffers({ draft, project }: { draft: DraftView; project: ProjectView }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const { slug: org } = useOrg();
  const denied = useDenied('project.update');
  const add = useMutation(
    trpc.components.add.mutationOptions({
      onSuccess: async (made) => {
        await Promise.all(
          [trpc.drafts, trpc.projects, trpc.deployments].map((part) => queries.invalidateQueries(part.pathFilter())),
        );
        router.replace(`?component=${made.id}`, { scroll: false });
      },
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
    }),
  );
  const [first] = draft.offered;
  if (!first) return null;
  /** The branch of what is there from the same repository: the file was read on it. */
  const refOf = (repositoryId: string) => {
    const sibling = project.components.find((component) => component.repositoryId === repositoryId);
    return draft.components.find((component) => component.componentId === sibling?.id)?.effective.ref;
  };
  return (
    <Callout
      tone="grey"
      title={titleOf(draft.offered)}
      actions={draft.offered.map((offer) => (
        <Button
          key={offer.name}
          aria-disabled={Boolean(denied) || add.isPending}
          title={denied ?? undefined}
          onClick={() => {
            if (denied || add.isPending) return;
            const ref = refOf(offer.repositoryId);
            add.mutate({
              org,
              projectId: project.id,
              name: offer.name,
              kind: offer.kind,
              settings: ref ? { ref } : {},
              source: { kind: 'repository', repositoryId: offer.repositoryId },
              deploymentIds: [draft.deploymentId],
            });
          }}
        >
          <Plus /> Add {offer.name}
        </Button>
      ))}
    >
      Read at {first.refName}@{first.commit.slice(0, 7)}. It runs after the next release; its settings come from the
      file.
    </Callout>
  );
}

/** The same on the page of a release, with the way there. */
export function OffersNote({ offered, base }: { offered: Offers; base: string }) {
  if (offered.length === 0) return null;
  return (
    <Callout
      tone="grey"
      title={`${titleOf(offered)}, which this deployment does not have`}
      actions={
        <Button asChild>
          <Link href={`${base}/components`}>See components</Link>
        </Button>
      }
    />
  );
}
