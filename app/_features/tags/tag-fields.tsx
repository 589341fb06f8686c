'use client';
import { Field, Input, TextArea } from '#app/ui/field.tsx';

interface Props {
  name: string;
  notes: string;
  /** Shown while nothing is typed, and used. */
  suggestion: string;
  nameError: string | null;
  notesError: string | null;
  /** The dialog opens for it: the name has the focus. */
  isFirst?: boolean;
  onChange: (next: { name?: string; notes?: string }) => void;
}

/** Name and notes of a new tag. */
export function TagFields({ name, notes, suggestion, nameError, notesError, isFirst = false, onChange }: Props) {
  return (
    <div className="grid gap-4 sm:grid-cols-[200px_minmax(0,1fr)]">
      <Field label="Tag" hint="Unique in the project" error={nameError}>
        {(wired) => (
          <Input
            {...wired}
            data-autofocus={isFirst || undefined}
            value={name}
            placeholder={suggestion}
            maxLength={32}
            className="mono"
            onChange={(event) => onChange({ name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Notes" hint="What is in it, for those who deploy it" error={notesError}>
        {(wired) => (
          <TextArea
            {...wired}
            value={notes}
            maxLength={2000}
            className="min-h-16"
            onChange={(event) => onChange({ notes: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}
