'use client';
import { Field, Select } from '#app/ui/field.tsx';
import type { DraftComponentView } from '#server/domain/views/projects.ts';

export interface TargetFacts {
  projectId: string;
  deploymentId: string;
  components: readonly DraftComponentView[];
}
interface Props {
  label: string;
  target: TargetFacts;
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
}

/** Where a value counts: narrower wins. */
export function TargetSelect({ label, target, value, onChange, disabled = false }: Props) {
  return (
    <Field label={label} hint="The narrower one wins">
      {(control) => (
        <Select {...control} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
          <option value="project">all deployments of the project</option>
          <option value="deployment">this deployment</option>
          {target.components.map((component) => (
            <option key={component.componentId} value={`component:${component.componentId}`}>
              only {component.name}, here
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
