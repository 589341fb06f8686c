'use client';
import { useState, type FormEvent } from 'react';
import { fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input } from '#app/ui/field.tsx';

interface Props {
  what: 'deployment' | 'project';
  /** What has to be typed. */
  typed: string;
  /** What goes, line by line. */
  goes: readonly string[];
  denied: string | null;
  error: Parameters<typeof fieldError>[0];
  isBusy: boolean;
  onDelete: (typed: string) => void;
}

/** Last on the page; names what goes and until when it can be undone, and wants the name typed. */
export function DeleteSection({ what, typed, goes, denied, error, isBusy, onDelete }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [value, setValue] = useState('');
  const isRight = value === typed;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isRight && !isBusy) onDelete(value);
  };
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-t pt-4">
      <div className="max-w-xl">
        <p className="font-medium">Delete this {what}</p>
        <p className="text-sm text-pretty text-muted">
          It stops at once. For 48 hours it can be restored, then it is gone for good.
        </p>
      </div>
      <Button
        look="danger"
        aria-disabled={Boolean(denied)}
        title={denied ?? undefined}
        onClick={() => !denied && setOpen(true)}
      >
        Delete {what}
      </Button>
      <Dialog open={isOpen} onOpenChange={setOpen} title={`Delete ${typed}`} description="This goes with it:">
        <form method="post" onSubmit={submit} className="flex flex-col gap-4">
          <ul className="flex list-disc flex-col gap-1 pl-5 text-sm marker:text-faint">
            {goes.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <p className="text-sm text-muted">It can be restored for 48 hours.</p>
          <Field
            label={
              <>
                Type <span className="mono">{typed}</span>
              </>
            }
            error={error ? (fieldError(error, 'typedName') ?? sentenceOf(error)) : null}
          >
            {(control) => (
              <Input
                {...control}
                className="mono"
                autoFocus
                value={value}
                onChange={(event) => setValue(event.target.value)}
              />
            )}
          </Field>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(false)}>Keep it</Button>
            <Button type="submit" look="danger" aria-disabled={!isRight || isBusy}>
              {isBusy ? 'Deleting' : `Delete ${what}`}
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
