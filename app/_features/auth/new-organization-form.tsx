'use client';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { signOut } from '#app/_lib/sign-in.ts';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Field, Input } from '#app/ui/field.tsx';
import { slugFrom } from '#server/domain/naming.ts';

/** Also where somebody lands who is in no organization (any more). */
export function NewOrganizationForm({ isFirst }: { isFirst: boolean }) {
  const trpc = useTRPC();
  const [name, setName] = useState('');
  const [slug, setSlug] = useState<string | null>(null);
  const create = useMutation(
    trpc.organizations.create.mutationOptions({ onSuccess: (made) => location.assign(`/${made.slug}`) }),
  );
  const shownSlug = slug ?? (name === '' ? '' : slugFrom(name));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!create.isPending && !create.isSuccess) create.mutate({ name: name.trim(), slug: shownSlug });
  };
  const other = otherError(create.error, ['name', 'slug']);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold">New organization</h1>
        <p className="mt-1 text-pretty text-muted">
          {isFirst
            ? 'You are in no organization now. Make one, or ask for an invitation.'
            : 'Projects and members belong to it.'}
        </p>
      </div>
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      <Field label="Name" error={fieldError(create.error, 'name')}>
        {(control) => (
          <Input
            {...control}
            required
            autoFocus
            maxLength={60}
            className="h-9"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Address"
        hint={`/${shownSlug || '…'}; it stays when the name changes`}
        error={fieldError(create.error, 'slug')}
      >
        {(control) => (
          <Input
            {...control}
            required
            maxLength={32}
            className="mono h-9"
            value={shownSlug}
            onChange={(event) => setSlug(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" look="primary" size="large" aria-disabled={create.isPending || create.isSuccess}>
        Create organization
      </Button>
      <Button look="quiet" onClick={() => (isFirst ? void signOut() : history.back())}>
        {isFirst ? 'Sign out' : 'Back'}
      </Button>
    </form>
  );
}
