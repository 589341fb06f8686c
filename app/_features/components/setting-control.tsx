'use client';
import { useEffect, useRef, useState } from 'react';
import { inputText, typedValue } from '#app/_features/components/draft-edit.ts';
import { RefControl } from '#app/_features/components/ref-control.tsx';
import { refKinds, refOf } from '#app/_features/components/ref-view.ts';
import { type SettingField, valueAt } from '#app/_features/components/view.ts';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { cn } from '#app/ui/cn.ts';

interface Props {
  field: SettingField;
  value: unknown;
  /** Where it was set, with the way back. */
  origin: React.ReactNode;
  /** What is live, when that differs. */
  live: string | null;
  /** The address asks for this one: it has the focus. */
  isAsked: boolean;
  disabled: boolean;
  error: string | null;
  onChange: (value: unknown) => void;
}

export function SettingControl({ field, value, origin, live, isAsked, disabled, error, onChange }: Props) {
  const control = useRef<HTMLDivElement>(null);
  // While one types, the text is theirs: "1." must not become "1".
  const [typed, setTyped] = useState<{ text: string; value: string } | null>(null);
  const shown = typed && typed.value === JSON.stringify(value) ? typed.text : inputText(field, value);
  useEffect(() => {
    if (!isAsked) return;
    const find = (what: string) => control.current?.querySelector<HTMLElement>(what);
    const element = find('input, textarea') ?? find('select');
    element?.focus();
    control.current?.scrollIntoView({ block: 'center' });
  }, [isAsked]);
  const type = (text: string): void => {
    const next = typedValue(field, text, value);
    setTyped({ text, value: JSON.stringify(next) });
    onChange(next);
  };
  const isMono =
    field.kind === 'command' ||
    field.kind === 'path' ||
    field.kind === 'paths' ||
    field.kind === 'http' ||
    field.kind === 'image';
  return (
    <div
      ref={control}
      className={cn(
        'rounded-md transition-colors',
        isAsked && 'bg-accent-fill shadow-[0_0_0_8px_var(--color-accent-fill)]',
      )}
    >
      <Field
        label={field.unit && field.kind !== 'choice' ? `${field.label} (${field.unit})` : field.label}
        hint={hintOf(field, value, shown)}
        aside={origin}
        error={error}
      >
        {(wired) =>
          field.kind === 'ref' ? (
            <RefControl wired={wired} value={value} disabled={disabled} onChange={onChange} />
          ) : field.kind === 'choice' || field.kind === 'switch' ? (
            <Select {...wired} value={shown} disabled={disabled} onChange={(event) => type(event.target.value)}>
              {field.choices?.map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
            </Select>
          ) : field.kind === 'http' ? (
            <div className="flex gap-2">
              <Input
                {...wired}
                value={shown}
                disabled={disabled}
                placeholder="/health"
                className="mono"
                onChange={(event) => type(event.target.value)}
              />
              <StatusInput value={value} disabled={disabled} onChange={onChange} />
            </div>
          ) : (
            <Input
              {...wired}
              value={shown}
              disabled={disabled}
              inputMode={field.kind === 'number' || field.kind === 'cpu' ? 'decimal' : undefined}
              className={cn(isMono && 'mono')}
              onChange={(event) => type(event.target.value)}
            />
          )
        }
      </Field>
      {live === null ? null : <p className="mt-1 text-xs text-accent-text">Live: {live}</p>}
    </div>
  );
}

function hintOf(field: SettingField, value: unknown, shown: string): string {
  if (field.kind === 'ref') return refKinds[refOf(value).kind].hint;
  return field.choices?.find((choice) => choice.value === shown)?.note ?? field.hint;
}

/** The status that a health check expects; there is nothing to expect without a path. */
function StatusInput({
  value,
  disabled,
  onChange,
}: {
  value: unknown;
  disabled: boolean;
  onChange: (value: unknown) => void;
}) {
  const path = valueAt(value, 'path');
  const status = valueAt(value, 'status');
  return (
    <Input
      aria-label="Expected status"
      title="Expected status"
      inputMode="numeric"
      maxLength={3}
      className="w-16 shrink-0"
      disabled={disabled || typeof path !== 'string'}
      value={typeof path === 'string' && typeof status === 'number' && status > 0 ? String(status) : ''}
      placeholder="200"
      onChange={(event) => onChange({ path, status: Number(event.target.value.replace(/\D/g, '')) })}
    />
  );
}
