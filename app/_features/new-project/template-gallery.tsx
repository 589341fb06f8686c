'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { cn } from '#app/ui/cn.ts';
import type { TemplateView } from '#server/domain/views/projects.ts';

/** One radio group: arrow keys walk, space chooses. */
export function TemplateGallery({
  chosen,
  onChoose,
}: {
  chosen: string | null;
  onChoose: (template: TemplateView) => void;
}) {
  const trpc = useTRPC();
  const { data } = useSuspenseQuery(trpc.templates.list.queryOptions());
  return (
    <fieldset>
      <legend className="sr-only">Templates</legend>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(150px,1fr))] gap-3 sm:grid-cols-[repeat(auto-fill,minmax(210px,1fr))]">
        {data.map((template) => (
          <label
            key={template.slug}
            className={cn(
              'group relative flex flex-col overflow-hidden rounded-lg border bg-surface transition-colors hover:border-faint has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent',
              chosen === template.slug && 'border-accent shadow-[0_0_0_1px_var(--color-accent)] hover:border-accent',
            )}
          >
            <input
              type="radio"
              name="template"
              className="sr-only"
              checked={chosen === template.slug}
              onChange={() => onChoose(template)}
              onClick={() => onChoose(template)}
            />
            <Picture template={template} />
            <span className="flex flex-1 flex-col gap-0.5 border-t p-3">
              <span className="font-medium">{template.title}</span>
              <span className="text-xs text-pretty text-muted">{template.description}</span>
              <span className="mt-auto flex flex-wrap gap-1 pt-2">
                {template.components.map((component) => (
                  <span key={component.name} className="rounded-sm bg-hover px-1.5 text-xs text-muted">
                    {component.name === component.kind ? component.name : `${component.name} · ${component.kind}`}
                  </span>
                ))}
              </span>
            </span>
            {chosen === template.slug ? (
              <span className="absolute top-2 right-2 flex size-5 items-center justify-center rounded-full bg-accent text-on-accent">
                <Check className="size-3.5 stroke-[2.5]" />
              </span>
            ) : null}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Picture({ template }: { template: TemplateView }) {
  if (template.screenshot)
    // A file of our own, already at its size; the optimizer would need a writable cache for nothing.
    return (
      <img
        src={template.screenshot}
        alt=""
        width={480}
        height={300}
        loading="lazy"
        className="aspect-[8/5] w-full bg-sunken object-cover object-top"
      />
    );
  return (
    <span aria-hidden className="flex aspect-[8/5] w-full items-center justify-center bg-sunken">
      <span className="mono text-faint">{template.slug}</span>
    </span>
  );
}
