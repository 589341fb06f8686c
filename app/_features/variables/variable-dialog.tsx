'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { TargetSelect, type TargetFacts } from '#app/_features/variables/target-select.tsx';
import { looksSecret, targetFrom, targetKey, targetOf } from '#app/_features/variables/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Checkbox, Field, Input, Select, TextArea } from '#app/ui/field.tsx';
import type { VariableView } from '#server/domain/views/projects.ts';
import type { VariableUse } from '#server/domain/words.ts';

export type Editing = { kind: 'new'; key: string } | { kind: 'edit'; variable: VariableView };
interface Props {
  editing: Editing | null;
  target: TargetFacts;
  onClose: () => void;
}

export function VariableDialog({ editing, target, onClose }: Props) {
  return (
    <Dialog
      open={editing !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={editing?.kind === 'edit' ? `Edit ${editing.variable.key}` : 'New variable'}
    >
      {editing ? <VariableForm editing={editing} target={target} onClose={onClose} /> : null}
    </Dialog>
  );
}

function VariableForm({ editing, target, onClose }: { editing: Editing; target: TargetFacts; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const old = editing.kind === 'edit' ? editing.variable : null;
  const current = useQuery({
    ...trpc.variables.reveal.queryOptions({ org, variableId: old?.id ?? '' }),
    enabled: old !== null && !old.isSecret,
  });
  const [key, setKey] = useState(editing.kind === 'new' ? editing.key : editing.variable.key);
  const [typed, setTyped] = useState<string | null>(null);
  const [secret, setSecret] = useState<boolean | null>(old?.isSecret ?? null);
  const [use, setUse] = useState<VariableUse>(old?.use ?? 'run');
  const [revoke, setRevoke] = useState(false);
  const [at, setAt] = useState(old ? targetKey(targetOf(old)) : 'deployment');
  const value = typed ?? current.data?.value ?? '';
  const isSecret = secret ?? looksSecret(key);
  const save = useMutation(
    trpc.variables.set.mutationOptions({
      onSuccess: async () => {
        await Promise.all([
          queries.invalidateQueries(trpc.variables.pathFilter()),
          queries.invalidateQueries(trpc.deployments.pathFilter()),
        ]);
        onClose();
      },
    }),
  );
  const errorOf = (field: string): string | null =>
    fieldError(save.error, `entries.0.${field}`) ?? fieldError(save.error, field);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!save.isPending)
      save.mutate({
        org,
        projectId: target.projectId,
        ...targetFrom(at, target.deploymentId),
        entries: [{ key: key.trim(), value, isSecret, use }],
        revoke,
      });
  };
  const other = otherError(save.error, ['entries.0.key', 'entries.0.value', 'key', 'value']);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      <Field label="Key" error={errorOf('key')}>
        {(control) => (
          <Input
            {...control}
            className="mono"
            required
            autoFocus={key === ''}
            disabled={old !== null}
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        )}
      </Field>
      <Field label={old?.isSecret ? 'New value' : 'Value'} error={errorOf('value')}>
        {(control) => (
          <TextArea
            {...control}
            className="mono min-h-20"
            autoFocus={key !== ''}
            value={value}
            placeholder={old?.isSecret ? `Now ends in ${old.hint || 'a hidden value'}` : undefined}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <TargetSelect label="Applies to" target={target} value={at} onChange={setAt} disabled={old !== null} />
        <Field
          label="Available"
          hint={
            use === 'run'
              ? 'In the environment of the running application'
              : 'A build that uses it is made anew when it changes'
          }
        >
          {(control) => (
            <Select
              {...control}
              value={use}
              onChange={(event) =>
                setUse(event.target.value === 'build' ? 'build' : event.target.value === 'both' ? 'both' : 'run')
              }
            >
              <option value="run">when it runs</option>
              <option value="build">in the build</option>
              <option value="both">in both</option>
            </Select>
          )}
        </Field>
      </div>
      <Checkbox
        label="Secret"
        hint="Encrypted and never shown again; only its last four characters"
        checked={isSecret}
        disabled={old?.isSecret ?? false}
        onChange={(event) => setSecret(event.target.checked)}
      />
      {old ? (
        <Checkbox
          label="The old value leaked: revoke it"
          hint="No restart and no rollback uses it again; they get the new one. What runs keeps it until it is deployed or restarted"
          checked={revoke}
          onChange={(event) => setRevoke(event.target.checked)}
        />
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" aria-disabled={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
