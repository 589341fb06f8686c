'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { GitBranch, Search } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import type { Chosen, Credential } from '#app/_features/new-project/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import type { RepositoryInspection } from '#server/domain/views/projects.ts';

interface Props {
  chosen: (Chosen & { kind: 'repository' }) | null;
  onChoose: (chosen: Chosen) => void;
}

/** A Git URL, looked into at once: branches, and what the planners found. */
export function RepositoryChoice({ chosen, onChoose }: Props) {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const [url, setUrl] = useState('');
  const [access, setAccess] = useState('none');
  const [username, setUsername] = useState('');
  const [token, setToken] = useState('');
  const { data: credentials } = useSuspenseQuery(trpc.credentials.list.queryOptions({ org: slug }));
  const credential: Credential =
    access === 'none'
      ? { kind: 'none' }
      : access === 'token'
        ? { kind: 'token', username, token }
        : { kind: 'stored', credentialId: access };
  const inspect = useMutation(
    trpc.repositories.inspect.mutationOptions({
      onSuccess: (inspection) => onChoose({ kind: 'repository', inspection, credential }),
    }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!inspect.isPending && url.trim() !== '') inspect.mutate({ org: slug, url: url.trim(), credential });
  };
  const atUrl =
    fieldError(inspect.error, 'url') ??
    (inspect.error && !fieldError(inspect.error, 'credential') ? sentenceOf(inspect.error) : null);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-3">
      <Field label="Git repository" hint="https or ssh; any host that this installation reaches" error={atUrl}>
        {(control) => (
          <div className="flex gap-2">
            <div className="relative min-w-0 flex-1">
              <GitBranch
                aria-hidden
                className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 stroke-[1.75] text-faint"
              />
              <Input
                {...control}
                value={url}
                onChange={(event) => setUrl(event.target.value)}
                placeholder="https://github.com/acme/shop"
                inputMode="url"
                className="pl-8"
              />
            </div>
            <Button type="submit" aria-disabled={inspect.isPending || url.trim() === ''}>
              <Search /> {inspect.isPending ? 'Looking' : 'Look inside'}
            </Button>
          </div>
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label="Access" error={access === 'token' ? null : fieldError(inspect.error, 'credential')}>
          {(control) => (
            <Select {...control} value={access} onChange={(event) => setAccess(event.target.value)}>
              <option value="none">Public</option>
              <option value="token">A token</option>
              {credentials.map((item) => (
                <option key={item.id} value={item.id}>
                  {item.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {access === 'token' ? (
          <>
            <Field label="User name" hint="Often optional">
              {(control) => (
                <Input {...control} value={username} onChange={(event) => setUsername(event.target.value)} />
              )}
            </Field>
            <Field
              label="Token"
              hint="Kept encrypted, never shown again"
              error={fieldError(inspect.error, 'credential')}
            >
              {(control) => (
                <Input {...control} type="password" value={token} onChange={(event) => setToken(event.target.value)} />
              )}
            </Field>
          </>
        ) : null}
      </div>
      {chosen ? <Found inspection={chosen.inspection} /> : null}
    </form>
  );
}

function Found({ inspection }: { inspection: RepositoryInspection }) {
  const { found, commit, manifest } = inspection;
  if (manifest?.kind === 'wrong')
    return (
      <Callout tone="red" role="alert" title="slipway.yaml cannot be read">
        <ul className="mono">
          {manifest.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
        Correct it, push, and look inside again.
      </Callout>
    );
  if (manifest)
    return (
      <Callout
        tone="green"
        role="status"
        title={`slipway.yaml: ${manifest.components.map(({ name, kind }) => (name === kind ? name : `${name} (${kind})`)).join(', ')}`}
      >
        {commit ? <CommitLine refName={inspection.ref.name} commit={commit} /> : null}
      </Callout>
    );
  return found.kind === 'plan' ? (
    <Callout tone="green" role="status" title={found.lines.join(', ')}>
      {commit ? <CommitLine refName={inspection.ref.name} commit={commit} /> : null}
    </Callout>
  ) : (
    <Callout tone="yellow" role="status" title={found.message}>
      {found.advice}
    </Callout>
  );
}

function CommitLine({ refName, commit }: { refName: string; commit: NonNullable<RepositoryInspection['commit']> }) {
  return (
    <>
      {refName} at{' '}
      <Copyable value={commit.id} what="commit">
        {commit.id.slice(0, 7)}
      </Copyable>{' '}
      “{commit.message}” by {commit.author}
    </>
  );
}
