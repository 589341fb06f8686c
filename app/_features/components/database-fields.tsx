import { fieldError } from '#app/_features/shell/problem.ts';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { type DatabaseEngine, databaseEngines, databaseKinds } from '#server/domain/databases.ts';

interface Props {
  engine: DatabaseEngine;
  sizeGib: string;
  error: Parameters<typeof fieldError>[0];
  onEngine: (engine: DatabaseEngine) => void;
  onSize: (sizeGib: string) => void;
}

/** Which database, and how much it may hold. Password, address and volume come by themselves. */
export function DatabaseFields({ engine, sizeGib, error, onEngine, onSize }: Props) {
  const url = Object.keys(databaseKinds[engine].offered)[0] ?? '';
  return (
    <>
      <Field label="Database" hint={`The other components get ${url}`}>
        {(control) => (
          <Select
            {...control}
            value={engine}
            onChange={(event) => onEngine(databaseEngines.find((one) => one === event.target.value) ?? 'postgresql')}
          >
            {databaseEngines.map((one) => (
              <option key={one} value={one}>
                {databaseKinds[one].title} {databaseKinds[one].versions[0]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Size (GiB)" hint="It grows later, and never shrinks" error={fieldError(error, 'source.sizeGib')}>
        {(control) => (
          <Input {...control} inputMode="numeric" value={sizeGib} onChange={(event) => onSize(event.target.value)} />
        )}
      </Field>
    </>
  );
}
