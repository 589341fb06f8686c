'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { DeleteSection } from '#app/_features/options/delete-section.tsx';
import { RenameForm } from '#app/_features/options/rename-form.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { countWords } from '#app/ui/time-words.ts';
import type { ProjectView } from '#server/domain/views/projects.ts';

/** Name, and Delete last. */
export function ProjectOptions({ project }: { project: ProjectView }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const router = useRouter();
  const queries = useQueryClient();
  const deniedRename = useDenied('project.update');
  const deniedDelete = useDenied('project.delete');
  const refresh = () => queries.invalidateQueries(trpc.projects.pathFilter());
  const rename = useMutation(trpc.projects.rename.mutationOptions({ onSuccess: refresh }));
  const remove = useMutation(
    trpc.projects.delete.mutationOptions({
      onSuccess: () => {
        void refresh();
        router.push(`/${org}`);
      },
    }),
  );
  const deployments = project.deployments.filter((deployment) => deployment.restorableUntil === null);
  return (
    <Section title="Options">
      <div className="flex flex-col gap-6 border-t pt-4">
        <RenameForm
          label="Name of the project"
          name={project.name}
          denied={deniedRename}
          error={rename.error}
          isBusy={rename.isPending}
          onRename={(name) => rename.mutate({ org, projectId: project.id, name })}
        />
        <DeleteSection
          what="project"
          typed={project.slug}
          goes={[
            countWords(deployments.length, 'deployment') +
              (deployments.length > 0 ? `: ${deployments.map((item) => item.name).join(', ')}` : ''),
            'their addresses, variables, releases and logs',
            'the repository, where the platform holds it',
          ]}
          denied={deniedDelete}
          error={remove.error}
          isBusy={remove.isPending || remove.isSuccess}
          onDelete={(typedName) => remove.mutate({ org, projectId: project.id, typedName })}
        />
      </div>
    </Section>
  );
}
