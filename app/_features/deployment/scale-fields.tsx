'use client';
import { rowOf, rowProblems, type ScaleForm, type ScaleRow } from '#app/_features/deployment/scale-view.ts';
import { Field, Input } from '#app/ui/field.tsx';
import type { ReleaseComponentView } from '#server/domain/views/releases.ts';

interface Props {
  components: readonly ReleaseComponentView[];
  form: ScaleForm;
  onChange: (form: ScaleForm) => void;
}
const fields = [
  { key: 'instances', label: 'Instances' },
  { key: 'cpu', label: 'CPU (cores)' },
  { key: 'memory', label: 'Memory (MiB)' },
] as const satisfies readonly { key: keyof ScaleRow; label: string }[];

/** A row per component, with what is live until something else is typed. */
export function ScaleFields({ components, form, onChange }: Props) {
  return (
    <div className="flex flex-col divide-y">
      {components.map((component, index) => {
        const row = form[component.componentId] ?? rowOf(component);
        const problems = rowProblems(row);
        return (
          <fieldset
            key={component.componentId}
            className="grid gap-x-4 gap-y-2 py-3 first:pt-0 sm:grid-cols-[120px_repeat(3,minmax(0,1fr))]"
          >
            <legend className="contents">
              <span className="self-center truncate font-medium">{component.name}</span>
            </legend>
            {fields.map((field) => (
              <Field key={field.key} label={field.label} error={problems[field.key] ?? null}>
                {(wired) => (
                  <Input
                    {...wired}
                    {...(index === 0 && field.key === 'instances' ? { 'data-autofocus': true } : {})}
                    inputMode="decimal"
                    value={row[field.key]}
                    onChange={(event) =>
                      onChange({ ...form, [component.componentId]: { ...row, [field.key]: event.target.value } })
                    }
                  />
                )}
              </Field>
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}
