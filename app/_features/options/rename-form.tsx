'use client';
import { useState, type FormEvent } from 'react';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Field, Input } from '#app/ui/field.tsx';

interface Props {
  label: string;
  name: string;
  hint?: string;
  denied: string | null;
  error: Parameters<typeof fieldError>[0];
  isBusy: boolean;
  onRename: (name: string) => void;
}

/** A display name; addresses and handles stay as they are. */
export function RenameForm({ label, name, hint, denied, error, isBusy, onRename }: Props) {
  const [value, setValue] = useState(name);
  const isSame = value.trim() === name;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isSame && !denied && !isBusy) onRename(value.trim());
  };
  return (
    <form method="post" onSubmit={submit} className="max-w-md">
      <Field
        label={label}
        hint={hint ?? 'Addresses stay as they are'}
        error={fieldError(error, 'name') ?? otherError(error, ['name'])}
      >
        {(control) => (
          <div className="flex gap-2">
            <Input
              {...control}
              value={value}
              maxLength={60}
              disabled={Boolean(denied)}
              onChange={(event) => setValue(event.target.value)}
            />
            <Button type="submit" aria-disabled={isSame || isBusy || Boolean(denied)} title={denied ?? undefined}>
              Rename
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}
