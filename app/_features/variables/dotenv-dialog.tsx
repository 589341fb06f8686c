'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { TargetSelect, type TargetFacts } from '#app/_features/variables/target-select.tsx';
import { targetFrom } from '#app/_features/variables/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, TextArea } from '#app/ui/field.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { toast } from '#app/ui/toast.tsx';
import type { DotenvPreview } from '#server/domain/views/projects.ts';

interface Props {
  /** What was pasted; empty to paste here; null while closed. */
  text: string | null;
  target: TargetFacts;
  onClose: () => void;
}

/** A whole `.env`: first what it would change, then Set. */
export function DotenvDialog({ text, target, onClose }: Props) {
  return (
    <Dialog
      wide
      open={text !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Paste a .env file"
      description="Nothing is saved before you have seen what it changes."
    >
      {text === null ? null : <DotenvForm given={text} target={target} onClose={onClose} />}
    </Dialog>
  );
}

function DotenvForm({ given, target, onClose }: { given: string; target: TargetFacts; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const { projectId, deploymentId } = target;
  const [text, setText] = useState(given);
  const [at, setAt] = useState('deployment');
  const [plain, setPlain] = useState<ReadonlySet<string>>(new Set());
  const { mutate: look, ...preview } = useMutation(trpc.variables.preview.mutationOptions());
  const save = useMutation(
    trpc.variables.set.mutationOptions({
      onSuccess: async ({ changed }) => {
        await Promise.all([
          queries.invalidateQueries(trpc.variables.pathFilter()),
          queries.invalidateQueries(trpc.deployments.pathFilter()),
        ]);
        toast(`${countWords(changed, 'variable')} set. They reach the application with the next release.`);
        onClose();
      },
    }),
  );
  useEffect(() => {
    if (text.trim() === '') return;
    const timer = setTimeout(() => look({ org, projectId, ...targetFrom(at, deploymentId), text }), 200);
    return () => clearTimeout(timer);
  }, [at, look, org, deploymentId, projectId, text]);
  const found = text.trim() === '' ? undefined : preview.data;
  const changes = found?.entries.filter((entry) => entry.change !== 'same') ?? [];
  const isSecret = (entry: DotenvPreview['entries'][number]): boolean => entry.looksSecret !== plain.has(entry.key);
  const apply = (): void => {
    if (changes.length === 0 || save.isPending) return;
    const entries = changes.map((entry) => ({
      key: entry.key,
      value: entry.value,
      isSecret: isSecret(entry),
      use: 'run' as const,
    }));
    save.mutate({ org, projectId, ...targetFrom(at, deploymentId), entries });
  };
  const problem = save.error ?? preview.error;
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_220px]">
        <Field label="Contents">
          {(control) => (
            <TextArea
              {...control}
              className="mono min-h-36"
              autoFocus={given === ''}
              value={text}
              placeholder={'API_URL=https://api.example.net\nAPI_TOKEN=…'}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <TargetSelect label="Applies to" target={target} value={at} onChange={setAt} />
      </div>
      {problem ? <Callout tone="red" role="alert" title={sentenceOf(problem)} /> : null}
      {found ? (
        <Preview
          found={found}
          isSecret={isSecret}
          onToggle={(key) =>
            setPlain((now) => new Set(now.has(key) ? [...now].filter((item) => item !== key) : [...now, key]))
          }
        />
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" aria-disabled={changes.length === 0 || save.isPending} onClick={apply}>
          {changes.length === 0 ? 'Nothing to set' : `Set ${countWords(changes.length, 'variable')}`}
        </Button>
      </div>
    </div>
  );
}

interface PreviewProps {
  found: DotenvPreview;
  isSecret: (entry: DotenvPreview['entries'][number]) => boolean;
  onToggle: (key: string) => void;
}
function Preview({ found, isSecret, onToggle }: PreviewProps) {
  return (
    <ul className="divide-y border-y text-sm">
      {found.problems.map((item) => (
        <li key={`problem-${item.key}`} className="flex min-h-9 items-center gap-3 text-red-text">
          <span className="mono min-w-0 truncate">{item.key}</span>
          <span className="ml-auto">left out: {item.message}</span>
        </li>
      ))}
      {found.entries.map((entry) => (
        <li key={entry.key} className="flex min-h-9 items-center gap-3">
          <span className={`mono min-w-0 truncate ${entry.change === 'same' ? 'text-muted' : ''}`}>{entry.key}</span>
          <span className="ml-auto text-muted">{entry.change === 'same' ? 'stays the same' : entry.change}</span>
          <label className="flex w-20 items-center gap-2 text-muted">
            <input
              type="checkbox"
              className="size-3.5"
              checked={isSecret(entry)}
              disabled={entry.change === 'same'}
              onChange={() => onToggle(entry.key)}
            />
            secret
          </label>
        </li>
      ))}
    </ul>
  );
}
