import { originWords } from '#app/_features/components/origin.ts';
import { settingLabel, valueWords } from '#app/_features/components/view.ts';
import type { DraftDiff } from '#server/domain/views/releases.ts';

const words = { added: 'new', removed: 'removed', changed: 'changed' } as const;

/** Each change on a line: what it is, the old value and the new one. Values of variables are never shown. */
export function DiffList({ diff }: { diff: DraftDiff }) {
  if (diff.count === 0) return <p className="text-sm text-muted">Settings and variables are as they are live.</p>;
  return (
    <div className="flex flex-col gap-5">
      {diff.components.map((component) => (
        <section key={component.componentId}>
          <h3 className="flex items-baseline gap-2 border-b pb-1.5 font-medium">
            {component.name}
            {component.change === 'changed' ? null : (
              <span className="text-sm font-normal text-muted">{words[component.change]}</span>
            )}
          </h3>
          <dl className="divide-y text-sm">
            {component.fields.map((field) => (
              <div
                key={field.path}
                className="grid min-h-9 items-center gap-x-4 py-1.5 sm:grid-cols-[180px_minmax(0,1fr)]"
              >
                <dt className="text-muted">{settingLabel(field.path)}</dt>
                <dd className="min-w-0 break-words">
                  {component.change === 'added' ? null : (
                    <>
                      <del className="text-muted decoration-faint">{valueWords(field.path, field.from)}</del>
                      <span aria-hidden className="mx-2 text-faint">
                        →
                      </span>
                    </>
                  )}
                  <ins className="no-underline">{valueWords(field.path, field.to)}</ins>
                  {field.origin ? (
                    <span className="ml-2 text-xs text-muted">from {originWords[field.origin]}</span>
                  ) : null}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {diff.variables.length > 0 ? (
        <section>
          <h3 className="border-b pb-1.5 font-medium">Variables</h3>
          <ul className="divide-y text-sm">
            {diff.variables.map((variable) => (
              <li
                key={`${variable.scope}-${variable.component ?? ''}-${variable.key}`}
                className="flex min-h-9 items-center gap-3"
              >
                <span className="mono min-w-0 truncate">{variable.key}</span>
                <span className="text-muted">
                  {variable.component ?? (variable.scope === 'project' ? 'all deployments' : 'this deployment')}
                </span>
                <span className="ml-auto text-muted">{words[variable.change]}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}
