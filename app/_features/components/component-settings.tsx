'use client';
import { ChevronRight, Ellipsis, PackageMinus, Trash2 } from 'lucide-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { documentErrorPath, groupsFor, setOverride, shownValue } from '#app/_features/components/draft-edit.ts';
import { originOf, originWords } from '#app/_features/components/origin.ts';
import { SettingControl } from '#app/_features/components/setting-control.tsx';
import { Suggestion } from '#app/_features/components/suggestion.tsx';
import { settingField, valueAt, valueWords, withValue, type SettingField } from '#app/_features/components/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { ComponentView, DraftComponentView, DraftView } from '#server/domain/views/projects.ts';
import type { DraftDiff } from '#server/domain/views/releases.ts';

type Overrides = Record<string, unknown>;
interface Props {
  component: DraftComponentView;
  facts: ComponentView;
  draft: DraftView;
  diff: DraftDiff;
  denied: string | null;
  overrides: Overrides;
  errorOf: (path: string) => string | null;
  onChange: (overrides: Overrides) => void;
  onSuggestion: (overrides: Overrides, deploys: boolean) => void;
  onLeaveOut: () => void;
}

/** All settings of one component: where each value comes from, and what is live where it differs. */
export function ComponentSettings({
  component,
  facts,
  draft,
  diff,
  denied,
  overrides,
  errorOf,
  onChange,
  onSuggestion,
  onLeaveOut,
}: Props) {
  const search = useSearchParams();
  const asked = settingField(search.get('setting') ?? '')?.path ?? null;
  const suggest = search.get('suggest');
  const change = diff.components.find((item) => item.componentId === component.componentId);
  const live = (field: SettingField): string | null => {
    const entry =
      change?.change === 'changed'
        ? change.fields.find((item) => item.path === field.path || item.path.startsWith(`${field.path}.`))
        : undefined;
    return entry ? valueWords(entry.path, entry.from) : null;
  };
  const origin = (field: SettingField): React.ReactNode => {
    if (valueAt(overrides, field.path) !== undefined) {
      return (
        <button
          type="button"
          disabled={Boolean(denied)}
          onClick={() => onChange(withValue(overrides, field.path, undefined))}
          className="text-accent-text hover:underline"
        >
          set here, reset
        </button>
      );
    }
    const from = originOf(component.origins, field.path);
    return from === null || from === 'deployment' ? null : `from ${originWords[from]}`;
  };
  return (
    <div className="flex max-w-3xl min-w-0 flex-col gap-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="text-lg font-semibold">{component.name}</h2>
        {component.kind === component.name ? null : <span className="text-sm text-muted">{component.kind}</span>}
        {facts.image ? <Copyable value={facts.image} what="image" className="max-w-72" /> : null}
        {change?.change === 'added' && diff.liveNumber !== null ? (
          <span className="text-sm text-accent-text">new, not live yet</span>
        ) : null}
        <ComponentMenu component={component} denied={denied} onLeaveOut={onLeaveOut} />
      </div>
      {groupsFor(component.kind, facts.repositoryId !== null).map((group) => {
        const fields = (
          <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
            {group.fields.map((field) => (
              <div key={field.path} className="flex min-w-0 flex-col gap-2">
                <SettingControl
                  field={field}
                  value={shownValue(field.path, overrides, component)}
                  origin={origin(field)}
                  live={live(field)}
                  isAsked={field.path === asked}
                  disabled={Boolean(denied)}
                  error={errorOf(documentErrorPath(draft, component.componentId, field.path))}
                  onChange={(value) => onChange(setOverride(overrides, field.path, value, component))}
                />
                {field.path === asked && suggest !== null && !denied ? (
                  <Suggestion
                    path={search.get('setting') ?? field.path}
                    suggest={suggest}
                    current={shownValue(field.path, overrides, component)}
                    onUse={(value, deploys) =>
                      onSuggestion(
                        setOverride(overrides, search.get('setting') ?? field.path, value, component),
                        deploys,
                      )
                    }
                  />
                ) : null}
              </div>
            ))}
          </div>
        );
        const isAskedFor = group.fields.some((field) => field.path === asked);
        return group.isAdvanced ? (
          <details key={group.title} className="group border-t pt-3" open={isAskedFor || undefined}>
            <summary className="-ml-1 flex h-7 items-center gap-1 rounded-md text-base font-semibold">
              <ChevronRight className="size-4 stroke-[1.75] text-faint transition-transform group-open:rotate-90" />
              {group.title}
            </summary>
            <div className="pt-3">{fields}</div>
          </details>
        ) : (
          <section key={group.title} className="border-t pt-3">
            <h3 className="mb-3 text-base font-semibold">{group.title}</h3>
            {fields}
          </section>
        );
      })}
    </div>
  );
}

function ComponentMenu({
  component,
  denied,
  onLeaveOut,
}: {
  component: DraftComponentView;
  denied: string | null;
  onLeaveOut: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const deniedProject = useDenied('project.update');
  const remove = useMutation(
    trpc.components.remove.mutationOptions({
      onSuccess: async () => {
        await Promise.all(
          [trpc.drafts, trpc.projects, trpc.deployments].map((router) =>
            queries.invalidateQueries(router.pathFilter()),
          ),
        );
      },
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
    }),
  );
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button look="quiet" size="icon" className="ml-auto" aria-label={`Actions of ${component.name}`}>
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent className="w-72">
        <MenuItem
          icon={<PackageMinus />}
          disabledReason={denied}
          note="It stops with the next release and can be added back"
          onSelect={onLeaveOut}
        >
          Leave out of this deployment
        </MenuItem>
        <MenuItem
          icon={<Trash2 />}
          danger
          disabledReason={deniedProject}
          note="From every draft; what runs stays until each next release"
          onSelect={() => remove.mutate({ org, componentId: component.componentId })}
        >
          Remove from the project
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
