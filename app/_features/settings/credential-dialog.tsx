'use client';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { formText } from '#app/_features/auth/view.ts';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input } from '#app/ui/field.tsx';

type Making = 'token' | 'deploy-key' | null;

export function CredentialDialog({ making, onClose }: { making: Making; onClose: () => void }) {
  return (
    <Dialog
      open={making !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={making === 'token' ? 'Add token' : 'New deploy key'}
      description={
        making === 'token'
          ? 'For repositories over https.'
          : 'Slipway makes the key pair; you add the public half at the Git host.'
      }
    >
      {making ? <CredentialForm making={making} onClose={onClose} /> : null}
    </Dialog>
  );
}

function CredentialForm({ making, onClose }: { making: 'token' | 'deploy-key'; onClose: () => void }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { onSuccess: refresh } = useRefresh('credentials');
  const create = useMutation(
    trpc.credentials.create.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onClose();
      },
    }),
  );
  const generate = useMutation(trpc.credentials.generateDeployKey.mutationOptions({ onSuccess: refresh }));
  const error = create.error ?? generate.error;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (create.isPending || generate.isPending) return;
    const form = new FormData(event.currentTarget);
    const name = formText(form, 'name');
    if (making === 'token')
      create.mutate({ org, name, username: formText(form, 'username'), token: formText(form, 'token') });
    else generate.mutate({ org, name });
  };
  if (generate.data?.publicKey) {
    return (
      <div className="flex flex-col gap-4">
        <p className="text-sm text-muted">Add this public key to the repository, with read access.</p>
        <p className="rounded-md border bg-sunken p-3">
          <Copyable value={generate.data.publicKey} what="public key" className="w-full" />
        </p>
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    );
  }
  const other = otherError(error, ['name', 'username', 'token']);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      <Field label="Name" hint="To find it again" error={fieldError(error, 'name')}>
        {(control) => <Input {...control} name="name" required autoFocus maxLength={60} />}
      </Field>
      {making === 'token' ? (
        <>
          <Field label="User name" hint="Often optional" error={fieldError(error, 'username')}>
            {(control) => <Input {...control} name="username" maxLength={100} />}
          </Field>
          <Field label="Token" hint="Read access to the repository is enough" error={fieldError(error, 'token')}>
            {(control) => <Input {...control} name="token" type="password" required />}
          </Field>
        </>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" aria-disabled={create.isPending || generate.isPending}>
          {making === 'token' ? 'Add token' : 'Make the key'}
        </Button>
      </div>
    </form>
  );
}
