'use client';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState, type FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { freeName } from '#app/_features/new-project/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Checkbox, Field, Input, Select } from '#app/ui/field.tsx';
import type { ProjectView } from '#server/domain/views/projects.ts';

interface Props {
  project: ProjectView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Stage, name, region, branch per component, copy settings from. */
export function NewDeploymentDialog({ project, open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New deployment"
      description={`A full instance of ${project.name} with its own address, variables and settings.`}
    >
      <NewDeploymentForm project={project} close={() => onOpenChange(false)} />
    </Dialog>
  );
}

function NewDeploymentForm({ project, close }: { project: ProjectView; close: () => void }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data: regions } = useSuspenseQuery(trpc.regions.list.queryOptions({ org }));
  const unused = project.stages.find(
    (stage) => stage.kind === 'built' && !project.deployments.some((deployment) => deployment.stageName === stage.name),
  );
  const [stageName, setStage] = useState((unused ?? project.stages[0])?.name ?? 'staging');
  const [name, setName] = useState<string | null>(null);
  const [regionId, setRegion] = useState('');
  const [copyFrom, setCopyFrom] = useState(project.deployments[0]?.id ?? '');
  const [branches, setBranches] = useState<Record<string, string>>({});
  const [deploys, setDeploys] = useState(true);
  const creation = useCreation(org, project.slug, deploys);
  const taken = project.deployments.flatMap((deployment) => [deployment.slug, deployment.name]);
  const shownName = name ?? freeName(stageName, taken);
  const error = creation.error;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (creation.isBusy) return;
    const stage = project.stages.find((item) => item.name === stageName) ?? { name: stageName, kind: 'built' as const };
    const refs = Object.entries(branches).flatMap(([componentId, branch]) =>
      branch.trim() === '' ? [] : [{ componentId, ref: { kind: 'branch' as const, name: branch.trim() } }],
    );
    creation.start({
      org,
      projectId: project.id,
      name: shownName,
      stage,
      refs,
      ...(regionId ? { regionId } : {}),
      ...(copyFrom ? { copyFrom } : {}),
    });
  };
  const withCode = project.components.filter((component) => component.repositoryId !== null);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {otherError(error, ['name', 'slug', 'stage', 'refs']) ? (
        <Callout tone="red" role="alert" title={otherError(error, ['name', 'slug', 'stage', 'refs'])} />
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Stage" error={fieldError(error, 'stage')}>
          {(control) => (
            <Select {...control} value={stageName} onChange={(event) => setStage(event.target.value)}>
              {project.stages.map((stage) => (
                <option key={stage.name}>{stage.name}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Name" error={fieldError(error, 'name') ?? fieldError(error, 'slug')}>
          {(control) => (
            <Input
              {...control}
              value={shownName}
              maxLength={60}
              required
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {regions.length > 1 ? (
          <Field label="Region" hint="A deployment stays in its region">
            {(control) => (
              <Select {...control} value={regionId} onChange={(event) => setRegion(event.target.value)}>
                {regions.map((region) => (
                  <option key={region.id} value={region.id}>
                    {region.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        <Field label="Copy settings from" hint="Its draft and the variables of its own">
          {(control) => (
            <Select {...control} value={copyFrom} onChange={(event) => setCopyFrom(event.target.value)}>
              <option value="">The project’s defaults</option>
              {project.deployments.map((deployment) => (
                <option key={deployment.id} value={deployment.id}>
                  {deployment.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {withCode.map((component) => (
          <Field
            key={component.id}
            label={withCode.length > 1 ? `Branch of ${component.name}` : 'Branch'}
            error={fieldError(error, 'refs')}
          >
            {(control) => (
              <Input
                {...control}
                className="mono"
                value={branches[component.id] ?? ''}
                placeholder={component.effective.ref.name}
                onChange={(event) => setBranches({ ...branches, [component.id]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
      <Checkbox label="Deploy it right away" checked={deploys} onChange={(event) => setDeploys(event.target.checked)} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" look="primary" aria-disabled={creation.isBusy}>
          {deploys ? 'Create and deploy' : 'Create'}
        </Button>
      </div>
    </form>
  );
}

function useCreation(org: string, project: string, deploys: boolean) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const request = useMutation(trpc.releases.request.mutationOptions());
  const create = useMutation(
    trpc.deployments.create.mutationOptions({
      onSuccess: async (made) => {
        void queries.invalidateQueries(trpc.projects.pathFilter());
        const base = `/${org}/${project}/${made.slug}`;
        const release = deploys
          ? await request.mutateAsync({ org, deploymentId: made.id, kind: 'deploy' }).catch(() => null)
          : null;
        router.push(release ? `${base}/releases/${String(release.number ?? release.releaseId)}` : base);
      },
    }),
  );
  return { start: create.mutate, error: create.error, isBusy: create.isPending || create.isSuccess };
}
