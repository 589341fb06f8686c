import { codeGroups, codeSentence, moreWords, shortCode } from '#app/_features/deployment/code-view.ts';
import { Copyable } from '#app/ui/copyable.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { CodeDiff, CommitLine } from '#server/domain/views/releases.ts';

/** Per component the commits between what is live and what would ship: hash, message, author, age. */
export function CodeList({ code }: { code: readonly CodeDiff[] }) {
  return (
    <div className="flex flex-col gap-5">
      {codeGroups(code).map(({ diff, components }) => (
        <CodeGroup key={`${components.join()}-${diff.to}`} diff={diff} components={components} />
      ))}
    </div>
  );
}

function CodeGroup({ diff, components }: { diff: CodeDiff; components: string[] }) {
  const { text, isWarning } = codeSentence(diff);
  const more = moreWords(diff);
  return (
    <section>
      <h3 className="flex flex-wrap items-center gap-x-2 gap-y-0.5 border-b pb-1.5 font-medium">
        <span className="min-w-0 truncate">{components.join(', ')}</span>
        <span className="flex min-w-0 flex-1 items-center gap-1.5 text-sm font-normal text-muted">
          {isWarning ? <StatusShape tone="yellow" /> : null}
          <span className="min-w-0 truncate" title={text}>
            {text}
          </span>
        </span>
        <span className="mono shrink-0 text-xs font-normal text-muted max-sm:hidden">
          {diff.from === null || diff.from === diff.to ? '' : `${shortCode(diff.from)} → `}
          {shortCode(diff.to)}
        </span>
      </h3>
      {diff.commits.length === 0 ? null : (
        <ul className="divide-y text-sm">
          {diff.commits.map((line) => (
            <CommitRow key={line.commit} line={line} isGone={diff.relation === 'behind'} />
          ))}
          {more === null ? null : <li className="flex min-h-9 items-center text-muted">{more}</li>}
        </ul>
      )}
    </section>
  );
}

function CommitRow({ line, isGone }: { line: CommitLine; isGone: boolean }) {
  return (
    <li className="flex min-h-9 items-center gap-3">
      <Copyable value={line.commit} what="commit" className="shrink-0">
        {line.commit.slice(0, 7)}
      </Copyable>
      <span
        className={isGone ? 'min-w-0 flex-1 truncate text-muted line-through' : 'min-w-0 flex-1 truncate'}
        title={line.subject}
      >
        {line.subject || 'no message'}
      </span>
      <span className="max-w-40 shrink-0 truncate text-muted max-sm:hidden">{line.author}</span>
      {line.at === null ? null : <Ago at={new Date(line.at)} className="tabular shrink-0 text-muted" />}
    </li>
  );
}
