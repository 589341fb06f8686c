'use client';
import { useState, type FormEvent } from 'react';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { exactWords } from '#app/ui/time-words.ts';
import type { DatabaseView, StorageView } from '#server/domain/views/storage.ts';

interface Common {
  database: DatabaseView;
  error: Parameters<typeof fieldError>[0];
  isBusy: boolean;
  close: () => void;
}

/** All data of the database is replaced: the name has to be typed. */
export function RestoreDialog({
  database,
  dumps,
  error,
  isBusy,
  close,
  onRestore,
}: Common & { dumps: StorageView['restorable']; onRestore: (dumpId: string, typedName: string) => void }) {
  const { name } = database.component;
  const [dumpId, setDumpId] = useState(dumps[0]?.dumpId ?? '');
  const [typed, setTyped] = useState('');
  const isRight = typed === name && dumpId !== '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isRight && !isBusy) onRestore(dumpId, typed);
  };
  const other = otherError(error, ['typedName', 'dumpId']);
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Restore ${name}`}
      description="What the dump holds takes the place of all data. Take a dump first if you may want it back."
    >
      <form method="post" onSubmit={submit} className="flex flex-col gap-4">
        {other ? <Callout tone="red" role="alert" title={other} /> : null}
        <Field label="From" error={fieldError(error, 'dumpId')}>
          {(control) => (
            <Select {...control} value={dumpId} onChange={(event) => setDumpId(event.target.value)}>
              {dumps.map((dump) => (
                <option key={dump.dumpId} value={dump.dumpId}>
                  {dump.deployment}, {dump.component}, {exactWords(dump.createdAt)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label={
            <>
              Type <span className="mono">{name}</span>
            </>
          }
          error={fieldError(error, 'typedName')}
        >
          {(control) => (
            <Input {...control} className="mono" value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="danger" aria-disabled={!isRight || isBusy}>
            Replace its data
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const intervals = [
  { hours: '', label: 'Never' },
  { hours: '1', label: 'Every hour' },
  { hours: '6', label: 'Every 6 hours' },
  { hours: '24', label: 'Every day' },
  { hours: '168', label: 'Every week' },
] as const;

export function ScheduleDialog({
  database,
  error,
  isBusy,
  close,
  onSave,
}: Common & { onSave: (everyHours: number | null, keep: number) => void }) {
  const { schedule } = database;
  const [hours, setHours] = useState(schedule ? String(schedule.everyHours) : '24');
  const [keep, setKeep] = useState(String(schedule?.keep ?? 7));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isBusy) onSave(hours === '' ? null : Number(hours), Number(keep));
  };
  const other = otherError(error, ['everyHours', 'keep']);
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Dumps of ${database.component.name}`}
      description="Taken while it runs. The newest are kept; those taken by hand stay."
    >
      <form method="post" onSubmit={submit} className="flex flex-col gap-4">
        {other ? <Callout tone="red" role="alert" title={other} /> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Taken" error={fieldError(error, 'everyHours')}>
            {(control) => (
              <Select {...control} value={hours} onChange={(event) => setHours(event.target.value)}>
                {intervals.map((one) => (
                  <option key={one.hours} value={one.hours}>
                    {one.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Kept" hint="The newest that many" error={fieldError(error, 'keep')}>
            {(control) => (
              <Input {...control} inputMode="numeric" value={keep} onChange={(event) => setKeep(event.target.value)} />
            )}
          </Field>
        </div>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" aria-disabled={isBusy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
