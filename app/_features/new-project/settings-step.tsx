'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import {
  describedComponents,
  kindHints,
  listens,
  stagesOf,
  type Chosen,
  type Form,
} from '#app/_features/new-project/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { slugFrom } from '#server/domain/naming.ts';

interface Props {
  chosen: Chosen;
  form: Form;
  onChange: (form: Form) => void;
  errorOf: (field: string) => string | null;
}

/** Filled in from what was found; advanced ones are folded. */
export function SettingsStep({ chosen, form, onChange, errorOf }: Props) {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const { data: regions } = useSuspenseQuery(trpc.regions.list.queryOptions({ org: slug }));
  const set = (field: keyof Form) => (event: { target: { value: string } }) =>
    onChange({ ...form, [field]: event.target.value });
  const region = regions.find((entry) => entry.id === form.regionId) ?? regions[0];
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Name"
          error={errorOf('name') ?? errorOf('slug')}
          hint={region ? `Opens at ${slugFrom(form.name)}-${form.stage}-….${region.appsDomain}` : undefined}
        >
          {(control) => <Input {...control} value={form.name} maxLength={60} onChange={set('name')} />}
        </Field>
        <Field label="Stage" hint="What the first deployment is for" error={errorOf('deployment')}>
          {(control) => (
            <Select {...control} value={form.stage} onChange={set('stage')}>
              {stagesOf(chosen).map((stage) => (
                <option key={stage.name} value={stage.name}>
                  {stage.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {regions.length > 1 ? (
          <Field label="Region" hint="A deployment stays in its region">
            {(control) => (
              <Select {...control} value={form.regionId} onChange={set('regionId')}>
                {regions.map((entry) => (
                  <option key={entry.id} value={entry.id}>
                    {entry.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        {chosen.kind === 'template'
          ? chosen.template.parameters.map((parameter) => (
              <Field
                key={parameter.key}
                label={parameter.label}
                hint={parameter.help}
                error={errorOf(`source.parameters.${parameter.key}`)}
              >
                {(control) => (
                  <Input
                    {...control}
                    value={form.parameters[parameter.key] ?? ''}
                    onChange={(event) =>
                      onChange({ ...form, parameters: { ...form.parameters, [parameter.key]: event.target.value } })
                    }
                  />
                )}
              </Field>
            ))
          : null}
      </div>
      {chosen.kind === 'repository' && describedComponents(chosen).length > 0 ? (
        <DescribedSettings chosen={chosen} form={form} set={set} errorOf={errorOf} />
      ) : chosen.kind === 'repository' ? (
        <RepositorySettings chosen={chosen} form={form} set={set} errorOf={errorOf} />
      ) : null}
      {chosen.kind === 'image' ? <ImageSettings form={form} set={set} errorOf={errorOf} /> : null}
    </div>
  );
}

interface PartProps {
  form: Form;
  set: (field: keyof Form) => (event: { target: { value: string } }) => void;
  errorOf: (field: string) => string | null;
}
function ImageSettings({ form, set, errorOf }: PartProps) {
  const at = 'source.component';
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Field label="Component" hint="Lower-case letters, digits and -" error={errorOf(`${at}.name`)}>
        {(control) => <Input {...control} value={form.componentName} maxLength={32} onChange={set('componentName')} />}
      </Field>
      <Field label="Kind" hint={kindHints[form.kind]} error={errorOf(`${at}.kind`)}>
        {(control) => (
          <Select {...control} value={form.kind} onChange={set('kind')}>
            <option value="web">web</option>
            <option value="tcp">tcp</option>
            <option value="worker">worker</option>
          </Select>
        )}
      </Field>
      {listens(form) ? (
        <Field label="Port" hint="Where the image listens; it also gets it as PORT" error={errorOf('source.port')}>
          {(control) => <Input {...control} inputMode="numeric" value={form.port} onChange={set('port')} />}
        </Field>
      ) : null}
      <Field label="Memory in MiB" hint="Per instance" error={errorOf(`${at}.settings.size`)}>
        {(control) => <Input {...control} inputMode="numeric" value={form.memoryMib} onChange={set('memoryMib')} />}
      </Field>
      <Field label="Instances" hint="From 0 to 10" error={errorOf(`${at}.settings.instances`)}>
        {(control) => <Input {...control} inputMode="numeric" value={form.instances} onChange={set('instances')} />}
      </Field>
    </div>
  );
}

interface RepositoryProps extends PartProps {
  chosen: Chosen & { kind: 'repository' };
}
function RepositorySettings({ chosen, form, set, errorOf }: RepositoryProps) {
  const at = 'source.component.settings';
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-3">
        <BranchField chosen={chosen} form={form} set={set} errorOf={errorOf} />
        <Field label="Kind" hint={kindHints[form.kind]}>
          {(control) => (
            <Select {...control} value={form.kind} onChange={set('kind')}>
              <option value="web">web</option>
              <option value="tcp">tcp</option>
              <option value="worker">worker</option>
              <option value="static">static</option>
            </Select>
          )}
        </Field>
        {listens(form) ? (
          <Field label="Port" hint="The application also gets it as PORT" error={errorOf(`${at}.run.port`)}>
            {(control) => <Input {...control} inputMode="numeric" value={form.port} onChange={set('port')} />}
          </Field>
        ) : null}
      </div>
      <details className="group rounded-lg border">
        <summary className="flex h-9 items-center gap-1.5 rounded-lg px-3 text-sm font-medium hover:bg-hover">
          <ChevronRight className="size-4 stroke-[1.75] text-muted transition-transform group-open:rotate-90" />
          Advanced
          <span className="font-normal text-muted">root directory, commands, size</span>
        </summary>
        <div className="grid gap-4 border-t p-3 sm:grid-cols-2">
          <Field label="Root directory" hint="Empty: the whole repository" error={errorOf('source.rootDirectory')}>
            {(control) => (
              <Input {...control} value={form.rootDirectory} onChange={set('rootDirectory')} className="mono" />
            )}
          </Field>
          <Field label="Install command" hint="Empty: what was found" error={errorOf(`${at}.build.installCommand`)}>
            {(control) => (
              <Input {...control} value={form.installCommand} onChange={set('installCommand')} className="mono" />
            )}
          </Field>
          <Field label="Build command" hint="Empty: what was found" error={errorOf(`${at}.build.buildCommand`)}>
            {(control) => (
              <Input {...control} value={form.buildCommand} onChange={set('buildCommand')} className="mono" />
            )}
          </Field>
          {form.kind === 'static' ? (
            <Field label="Output directory" error={errorOf(`${at}.build.outputDirectory`)}>
              {(control) => (
                <Input {...control} value={form.outputDirectory} onChange={set('outputDirectory')} className="mono" />
              )}
            </Field>
          ) : (
            <Field label="Start command" hint="Empty: what was found" error={errorOf(`${at}.run.command`)}>
              {(control) => (
                <Input {...control} value={form.runCommand} onChange={set('runCommand')} className="mono" />
              )}
            </Field>
          )}
          <Field label="Memory in MiB" hint="Per instance" error={errorOf(`${at}.size`)}>
            {(control) => <Input {...control} inputMode="numeric" value={form.memoryMib} onChange={set('memoryMib')} />}
          </Field>
          <Field label="Instances" hint="From 0 to 10" error={errorOf(`${at}.instances`)}>
            {(control) => <Input {...control} inputMode="numeric" value={form.instances} onChange={set('instances')} />}
          </Field>
        </div>
      </details>
    </>
  );
}

function BranchField({ chosen, form, set, errorOf }: RepositoryProps) {
  const { branches } = chosen.inspection;
  return (
    <Field label="Branch" error={errorOf('source.ref')}>
      {(control) => (
        <Select {...control} value={form.branch} onChange={set('branch')}>
          {(branches.includes(form.branch) ? branches : [form.branch, ...branches]).map((branch) => (
            <option key={branch}>{branch}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** `slipway.yaml` says the rest; its settings come with each commit. */
function DescribedSettings({ chosen, form, set, errorOf }: RepositoryProps) {
  const components = describedComponents(chosen);
  const needed = [...new Set(components.flatMap((component) => component.variables))];
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-3">
        <BranchField chosen={chosen} form={form} set={set} errorOf={errorOf} />
      </div>
      <section aria-label="Components" className="rounded-lg border">
        <h3 className="flex min-h-9 flex-wrap items-center gap-x-1.5 border-b px-3 py-1.5 text-sm font-medium">
          Components <span className="font-normal text-muted">from slipway.yaml, their settings with each commit</span>
        </h3>
        <ul className="divide-y">
          {components.map((component) => (
            <li key={component.name} className="flex min-h-9 flex-wrap items-center gap-x-3 px-3 py-1.5 text-sm">
              <span className="font-medium">{component.name}</span>
              {component.kind === component.name ? null : <span className="text-muted">{component.kind}</span>}
              {component.rootDirectory === '' ? null : (
                <span className="mono text-muted">{component.rootDirectory}</span>
              )}
            </li>
          ))}
        </ul>
      </section>
      {needed.length > 0 ? (
        <p className="text-sm text-pretty text-muted">
          Needs {needed.length === 1 ? 'a variable' : 'variables'} before the first release:{' '}
          <span className="mono text-text">{needed.join(', ')}</span>. The project is made either way.
        </p>
      ) : null}
    </>
  );
}
