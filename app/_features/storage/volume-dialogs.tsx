'use client';
import { useState, type FormEvent } from 'react';
import { fieldError, otherError, sentenceOf } from '#app/_features/shell/problem.ts';
import { gibOf } from '#app/_features/storage/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input } from '#app/ui/field.tsx';
import type { VolumeView } from '#server/domain/views/storage.ts';

type Problem = Parameters<typeof fieldError>[0];
interface Common {
  volume: VolumeView;
  error: Problem;
  isBusy: boolean;
  close: () => void;
}

export function GrowDialog({ volume, error, isBusy, close, onGrow }: Common & { onGrow: (sizeGib: number) => void }) {
  const now = gibOf(volume.sizeBytes);
  const [size, setSize] = useState(String(now * 2));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isBusy) onGrow(Number(size));
  };
  const other = otherError(error, ['sizeGib']);
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Grow ${volume.name}`}
      description={`It has ${String(now)} GiB. A volume never shrinks.`}
    >
      <form method="post" onSubmit={submit} className="flex flex-col gap-4">
        {other ? <Callout tone="red" role="alert" title={other} /> : null}
        <Field
          label="New size (GiB)"
          hint="Nothing restarts; where the machine cannot do it in use, the next start does"
          error={fieldError(error, 'sizeGib')}
        >
          {(control) => (
            <Input {...control} inputMode="numeric" value={size} onChange={(event) => setSize(event.target.value)} />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" aria-disabled={isBusy}>
            Grow to {size || '…'} GiB
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Into the trash, or out of it for good: the name has to be typed. */
export function DeleteVolumeDialog({
  volume,
  isForGood,
  error,
  isBusy,
  close,
  onDelete,
}: Common & { isForGood: boolean; onDelete: (typedName: string) => void }) {
  const [typed, setTyped] = useState('');
  const isRight = typed === volume.name;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isRight && !isBusy) onDelete(typed);
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={isForGood ? `Delete ${volume.name} for good` : `Delete ${volume.name}`}
      description={
        isForGood
          ? 'Its content goes now and its disk is free. Nothing brings it back.'
          : 'Its content is kept for 48 hours and can be restored until then.'
      }
    >
      <form method="post" onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label={
            <>
              Type <span className="mono">{volume.name}</span>
            </>
          }
          error={error ? (fieldError(error, 'typedName') ?? sentenceOf(error)) : null}
        >
          {(control) => (
            <Input {...control} className="mono" value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Keep it</Button>
          <Button type="submit" look="danger" aria-disabled={!isRight || isBusy}>
            {isForGood ? 'Delete now' : 'Delete volume'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
