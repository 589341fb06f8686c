'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { AutoRevertSection } from '#app/_features/options/auto-revert-section.tsx';
import { AutomaticSection } from '#app/_features/options/automatic-section.tsx';
import { DeleteSection } from '#app/_features/options/delete-section.tsx';
import { RenameForm } from '#app/_features/options/rename-form.tsx';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { DeploymentUsage } from '#app/_features/usage/deployment-usage.tsx';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { storageLines } from '#app/_features/storage/view.ts';
import { Copyable } from '#app/ui/copyable.tsx';
import { exactWords } from '#app/ui/time-words.ts';

export function OptionsPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const { deployment, org } = useDeployment(project, slug);
  const deniedRename = useDenied('deployment.update');
  const deniedDelete = useDenied('deployment.delete');
  const { data: storage } = useQuery(trpc.storage.get.queryOptions({ org, deploymentId: deployment.id }));
  const refresh = async (): Promise<void> => {
    await Promise.all([
      queries.invalidateQueries(trpc.deployments.pathFilter()),
      queries.invalidateQueries(trpc.projects.pathFilter()),
    ]);
  };
  const rename = useMutation(trpc.deployments.rename.mutationOptions({ onSuccess: refresh }));
  const remove = useMutation(
    trpc.deployments.delete.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries(trpc.projects.pathFilter());
        router.push(`/${org}/${project}`);
      },
    }),
  );
  const facts: [string, React.ReactNode][] = [
    ['Stage', `${deployment.stageName} (${deployment.stageKind})`],
    ['Region', deployment.region.name],
    ['Handle', <Copyable key="handle" value={deployment.handle} what="handle" />],
    ['Id', <Copyable key="id" value={deployment.id} what="id" />],
    ['Created', exactWords(deployment.createdAt)],
  ];
  return (
    <PageBody className="max-w-4xl gap-8 pt-5">
      <RenameForm
        label="Name"
        name={deployment.name}
        denied={deniedRename}
        error={rename.error}
        isBusy={rename.isPending}
        onRename={(name) => rename.mutate({ org, deploymentId: deployment.id, name })}
      />
      <Section title="Identity" note="never changes">
        <dl className="divide-y border-y text-sm">
          {facts.map(([label, value]) => (
            <div key={label} className="grid min-h-9 grid-cols-[120px_minmax(0,1fr)] items-center gap-4">
              <dt className="text-muted">{label}</dt>
              <dd className="min-w-0 truncate">{value}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <AutomaticSection deployment={deployment} />
      <AutoRevertSection deploymentId={deployment.id} isOn={deployment.autoRevert} />

      <DeploymentUsage deploymentId={deployment.id} />
      <DeleteSection
        what="deployment"
        typed={deployment.slug}
        goes={[
          deployment.hosts.length > 0
            ? `the address ${deployment.hosts.map((host) => host.url).join(', ')}`
            : 'its address',
          'everything that runs for it',
          'its variables, draft, releases and logs',
          ...storageLines(storage),
        ]}
        denied={deniedDelete}
        error={remove.error}
        isBusy={remove.isPending || remove.isSuccess}
        onDelete={(typedName) => remove.mutate({ org, deploymentId: deployment.id, typedName })}
      />
    </PageBody>
  );
}
