'use client';
import { Input, Select } from '#app/ui/field.tsx';
import { refKinds, refOf, type RefKind } from '#app/_features/components/ref-view.ts';

interface Props {
  /** Label, hint and error of the field. */
  wired: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean };
  value: unknown;
  disabled: boolean;
  onChange: (value: { kind: RefKind; name: string }) => void;
}

/** What the code is taken from: what kind of name, and the name. */
export function RefControl({ wired, value, disabled, onChange }: Props) {
  const { kind, name } = refOf(value);
  return (
    <div className="flex flex-col gap-2 sm:flex-row">
      <Select
        aria-label="What the code is taken from"
        value={kind}
        disabled={disabled}
        className="sm:w-52"
        onChange={(event) => onChange({ kind: refOf({ kind: event.target.value }).kind, name })}
      >
        {Object.entries(refKinds).map(([one, { label }]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </Select>
      <Input
        {...wired}
        value={name}
        disabled={disabled}
        className="mono"
        onChange={(event) => onChange({ kind, name: event.target.value.trim() })}
      />
    </div>
  );
}
