'use client';
import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { originOf, originWords } from '#app/_features/components/origin.ts';
import { flatSettings, settingLabel, valueWords } from '#app/_features/components/view.ts';
import { Section } from '#app/_features/shell/page.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { bytesWords, countWords } from '#app/ui/time-words.ts';
import type { ReleaseComponentView, ReleaseView } from '#server/domain/views/releases.ts';

/** What the release froze: per component the source, what was found, the image and each setting with its origin. */
export function ReleaseDetails({ release, base }: { release: ReleaseView; base: string }) {
  return (
    <Section title="What it is made of" note="frozen when it was requested">
      <ul className="divide-y border-y">
        {release.components.map((component) => (
          <ComponentDetails key={component.componentId} component={component} base={base} />
        ))}
      </ul>
    </Section>
  );
}

const outcomes = { built: 'built', reused: 'build reused', given: 'given image' } as const;

function ComponentDetails({ component, base }: { component: ReleaseComponentView; base: string }) {
  const settings = flatSettings(component.settings).flatMap(({ path, value }) => {
    const origin = originOf(component.origins, path);
    return origin === null ? [] : [{ path, value, origin }];
  });
  const { source } = component;
  return (
    <li>
      <details className="group">
        <summary className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-0.5 py-1.5 text-sm hover:bg-hover/60">
          <ChevronRight className="size-4 shrink-0 stroke-[1.75] text-faint transition-transform group-open:rotate-90" />
          <span className="font-medium">{component.name}</span>
          {component.kind === component.name ? null : <span className="text-muted">{component.kind}</span>}
          {component.buildOutcome ? <span className="text-muted">{outcomes[component.buildOutcome]}</span> : null}
          <span className="min-w-0 flex-1 truncate text-muted">{component.found.join(', ')}</span>
          {component.imageSizeBytes === null ? null : (
            <span className="tabular text-muted">{bytesWords(component.imageSizeBytes)}</span>
          )}
        </summary>
        <dl className="grid gap-x-4 gap-y-1.5 pb-3 pl-7 text-sm sm:grid-cols-[160px_minmax(0,1fr)]">
          <dt className="text-muted">Source</dt>
          <dd className="min-w-0 truncate">
            {source.kind === 'repository' ? (
              <>
                <Copyable value={source.commit} what="commit">
                  {source.refName}@{source.commit.slice(0, 7)}
                </Copyable>{' '}
                <span className="text-muted">{source.message}</span>
              </>
            ) : (
              <Copyable value={source.reference} what="image" />
            )}
          </dd>
          {component.port === null ? null : (
            <>
              <dt className="text-muted">Port</dt>
              <dd className="tabular">{component.port}</dd>
            </>
          )}
          {settings.map(({ path, value, origin }) => (
            <div key={path} className="contents">
              <dt className="text-muted">{settingLabel(path)}</dt>
              <dd className="min-w-0 truncate">
                <Link
                  href={`${base}/components?component=${component.componentId}&setting=${path}`}
                  className="hover:underline"
                >
                  {valueWords(path, value)}
                </Link>{' '}
                <span className="text-xs text-muted">from {originWords[origin]}</span>
              </dd>
            </div>
          ))}
          <dt className="text-muted">Variables</dt>
          <dd className="text-pretty break-words">
            {component.variableKeys.length === 0 ? (
              <span className="text-muted">none</span>
            ) : (
              <span className="mono" title={countWords(component.variableKeys.length, 'variable')}>
                {component.variableKeys.join(', ')}
              </span>
            )}
          </dd>
        </dl>
      </details>
    </li>
  );
}
