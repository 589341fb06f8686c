'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState, type FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { DatabaseFields } from '#app/_features/components/database-fields.tsx';
import type { DatabaseEngine } from '#server/domain/databases.ts';
import type { DraftView, ProjectView } from '#server/domain/views/projects.ts';

interface Props {
  project: ProjectView;
  draft: DraftView;
  deploymentId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** One of the project that this deployment leaves out, or a new one from a repository or an image. */
export function AddComponentDialog({ open, onOpenChange, ...rest }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Add component" description="It runs after the next release.">
      {open ? <AddForm {...rest} close={() => onOpenChange(false)} /> : null}
    </Dialog>
  );
}

const kinds = {
  web: 'web, answers requests',
  tcp: 'tcp, accepts connections inside the deployment',
  worker: 'worker, runs without a port',
  static: 'static, files only',
  'add-on': 'database, with storage of its own',
} as const;
type Kind = keyof typeof kinds;
const kindNames: readonly Kind[] = ['web', 'tcp', 'worker', 'static', 'add-on'];

function AddForm({
  project,
  draft,
  deploymentId,
  close,
}: Omit<Props, 'open' | 'onOpenChange'> & { close: () => void }) {
  const { slug: org } = useOrg();
  const [source, setSource] = useState(project.repositories[0]?.id ?? 'git');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('web');
  const [where, setWhere] = useState('');
  const [branch, setBranch] = useState('main');
  const [port, setPort] = useState('3000');
  const [engine, setEngine] = useState<DatabaseEngine>('postgresql');
  const [sizeGib, setSizeGib] = useState('5');
  const isDatabase = kind === 'add-on';
  const { add, addBack, isBusy, error } = useAdd(org, deploymentId, draft, close);
  const isRepository = source !== 'git' && source !== 'image';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    if (isDatabase) {
      const database = { kind: 'database' as const, engine, sizeGib: Number(sizeGib) };
      add({ org, projectId: project.id, name: name.trim(), kind, settings: {}, source: database, deploymentIds: [deploymentId] }); // prettier-ignore
      return;
    }
    add({
      org,
      projectId: project.id,
      name: name.trim(),
      kind,
      settings: {
        ...(kind === 'web' || kind === 'tcp' ? { run: { port: Number(port) } } : {}),
        ...(isRepository && where.trim() !== '' ? { rootDirectory: where.trim() } : {}),
      },
      source: isRepository
        ? { kind: 'repository', repositoryId: source }
        : source === 'image'
          ? { kind: 'image', image: where.trim() }
          : {
              kind: 'git',
              url: where.trim(),
              credential: { kind: 'none' },
              ref: { kind: 'branch', name: branch.trim() },
            },
      deploymentIds: [deploymentId],
    });
  };
  const other = otherError(error, ['name', 'source', 'settings']);
  return (
    <div className="flex flex-col gap-4">
      {draft.available.length > 0 ? (
        <div className="flex flex-wrap items-center gap-2 border-b pb-4 text-sm text-muted">
          Left out here:
          {draft.available.map((component) => (
            <Button key={component.componentId} size="small" onClick={() => addBack(component.componentId)}>
              Add {component.name} back
            </Button>
          ))}
        </div>
      ) : null}
      <form method="post" onSubmit={submit} className="flex flex-col gap-4">
        {other ? <Callout tone="red" role="alert" title={other} /> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Name" hint="Lower-case letters, digits and -" error={fieldError(error, 'name')}>
            {(control) => (
              <Input
                {...control}
                value={name}
                required
                maxLength={32}
                autoFocus
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Kind">
            {(control) => (
              <Select
                {...control}
                value={kind}
                onChange={(event) => setKind(kindNames.find((one) => one === event.target.value) ?? 'web')}
              >
                {Object.entries(kinds).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {isDatabase ? (
            <DatabaseFields engine={engine} sizeGib={sizeGib} error={error} onEngine={setEngine} onSize={setSizeGib} />
          ) : (
            <>
              <Field label="Source" error={isRepository ? fieldError(error, 'source') : null}>
                {(control) => (
                  <Select {...control} value={source} onChange={(event) => setSource(event.target.value)}>
                    {project.repositories.map((repository) => (
                      <option key={repository.id} value={repository.id}>
                        {repository.url ?? 'the project’s repository'}
                      </option>
                    ))}
                    <option value="git">another Git repository</option>
                    <option value="image">an image by digest</option>
                  </Select>
                )}
              </Field>
              <Field
                label={isRepository ? 'Root directory' : source === 'image' ? 'Image' : 'URL'}
                hint={
                  isRepository ? 'Empty: the whole repository' : source === 'image' ? 'name@sha256:…' : 'https or ssh'
                }
                error={isRepository ? fieldError(error, 'settings.rootDirectory') : fieldError(error, 'source')}
              >
                {(control) => (
                  <Input
                    {...control}
                    className="mono"
                    value={where}
                    required={!isRepository}
                    onChange={(event) => setWhere(event.target.value)}
                  />
                )}
              </Field>
              {source === 'git' ? (
                <Field label="Branch" error={fieldError(error, 'source.ref')}>
                  {(control) => (
                    <Input
                      {...control}
                      className="mono"
                      value={branch}
                      onChange={(event) => setBranch(event.target.value)}
                    />
                  )}
                </Field>
              ) : null}
            </>
          )}
          {kind === 'web' || kind === 'tcp' ? (
            <Field label="Port" hint="The application also gets it as PORT" error={fieldError(error, 'settings.run')}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  value={port}
                  onChange={(event) => setPort(event.target.value)}
                />
              )}
            </Field>
          ) : null}
        </div>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" aria-disabled={isBusy}>
            Add to the draft
          </Button>
        </div>
      </form>
    </div>
  );
}

function useAdd(org: string, deploymentId: string, draft: DraftView, close: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const refresh = async (): Promise<void> => {
    await Promise.all(
      [trpc.drafts, trpc.projects, trpc.deployments].map((part) => queries.invalidateQueries(part.pathFilter())),
    );
    close();
  };
  const add = useMutation(
    trpc.components.add.mutationOptions({
      onSuccess: async (made) => {
        await refresh();
        router.replace(`?component=${made.id}`, { scroll: false });
      },
    }),
  );
  const save = useMutation(trpc.drafts.save.mutationOptions({ onSuccess: refresh }));
  return {
    add: add.mutate,
    addBack: (componentId: string) =>
      save.mutate({
        org,
        deploymentId,
        revision: draft.revision,
        document: { components: [...draft.document.components, { componentId, overrides: {} }] },
      }),
    isBusy: add.isPending || save.isPending,
    error: add.error ?? save.error,
  };
}
