'use client';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { roleWords } from '#app/_features/settings/role-words.ts';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { roles, type Role } from '#server/domain/words.ts';

/** Answers with a link that is shown once; it is bound to the address. */
export function InviteDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Invite"
      description="They join with a link that belongs to their address."
    >
      <InviteForm close={() => onOpenChange(false)} />
    </Dialog>
  );
}

function InviteForm({ close }: { close: () => void }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { onSuccess } = useRefresh('members');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('developer');
  const invite = useMutation(trpc.members.invite.mutationOptions({ onSuccess }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!invite.isPending) invite.mutate({ org, email, role });
  };
  if (invite.data) {
    return (
      <div className="flex flex-col gap-4">
        <Callout tone="green" role="status" title={`Send this link to ${invite.data.email}`}>
          It is shown once and works once.
        </Callout>
        <p className="rounded-md border bg-sunken p-3">
          <Copyable value={invite.data.url} what="link" className="w-full" />
        </p>
        <div className="flex justify-end">
          <Button look="primary" onClick={close}>
            Done
          </Button>
        </div>
      </div>
    );
  }
  const other = otherError(invite.error, ['email', 'role']);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      <Field label="E-mail" error={fieldError(invite.error, 'email')}>
        {(control) => (
          <Input
            {...control}
            type="email"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label="Role" hint={roleWords[role]} error={fieldError(invite.error, 'role')}>
        {(control) => (
          <Select
            {...control}
            value={role}
            onChange={(event) => setRole(roles.find((item) => item === event.target.value) ?? 'viewer')}
          >
            {roles.map((item) => (
              <option key={item}>{item}</option>
            ))}
          </Select>
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" look="primary" aria-disabled={invite.isPending}>
          Make the link
        </Button>
      </div>
    </form>
  );
}
