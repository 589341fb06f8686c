'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore, type FormEvent } from 'react';
import { signInWithPassword } from '#app/_lib/sign-in.ts';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { formText } from '#app/_features/auth/view.ts';
import { fieldError, otherError, sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Field, Input } from '#app/ui/field.tsx';
import { Skeleton } from '#app/ui/skeleton.tsx';
import type { InvitationPreview } from '#server/domain/views/accounts.ts';

/** The token stands behind the `#`, so that it reaches no server log; only the page's script reads it. */
const useToken = (): string | null =>
  useSyncExternalStore(
    () => () => undefined,
    () => location.hash.slice(1),
    () => null,
  );

export function InvitationForm({ isSignedIn }: { isSignedIn: boolean }) {
  const trpc = useTRPC();
  const token = useToken();
  const preview = useQuery({
    ...trpc.members.invitation.queryOptions({ token: token ?? '' }),
    enabled: Boolean(token),
    retry: false,
  });
  if (token === '') return <Callout tone="yellow" title="This link is not complete. Copy the whole of it." />;
  if (preview.error) return <Callout tone="yellow" title={sentenceOf(preview.error)} />;
  if (!preview.data || token === null) {
    return (
      <div className="flex flex-col gap-4" role="status" aria-label="Loading">
        <Skeleton className="h-6 w-48" />
        <Skeleton className="h-9 w-full" />
        <Skeleton className="h-9 w-full" />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold">Join {preview.data.organization}</h1>
        <p className="mt-1 text-pretty text-muted">
          As {preview.data.role}, with {preview.data.email}.
        </p>
      </div>
      {preview.data.hasAccount ? (
        <AcceptForm token={token} preview={preview.data} isSignedIn={isSignedIn} />
      ) : (
        <JoinForm token={token} preview={preview.data} />
      )}
    </div>
  );
}

function AcceptForm({
  token,
  preview,
  isSignedIn,
}: {
  token: string;
  preview: InvitationPreview;
  isSignedIn: boolean;
}) {
  const trpc = useTRPC();
  const accept = useMutation(
    trpc.members.accept.mutationOptions({ onSuccess: ({ org }) => location.assign(`/${org}`) }),
  );
  if (!isSignedIn)
    return (
      <SignInFirst
        email={preview.email}
        onSignedIn={() => accept.mutate({ token })}
        problem={accept.error ? sentenceOf(accept.error) : null}
      />
    );
  return (
    <>
      {accept.error ? <Callout tone="red" role="alert" title={sentenceOf(accept.error)} /> : null}
      <Button
        look="primary"
        size="large"
        aria-disabled={accept.isPending || accept.isSuccess}
        onClick={() => accept.mutate({ token })}
      >
        Join
      </Button>
    </>
  );
}

function SignInFirst({
  email,
  onSignedIn,
  problem,
}: {
  email: string;
  onSignedIn: () => void;
  problem: string | null;
}) {
  const signIn = useMutation({
    mutationFn: (password: string) => signInWithPassword(email, password),
    onSuccess: (result) => {
      if (result.kind === 'signed-in') onSignedIn();
    },
  });
  const refused =
    signIn.data?.kind === 'wrong'
      ? 'The password is wrong.'
      : signIn.data?.kind === 'too-many'
        ? signIn.data.message
        : null;
  return (
    <form
      method="post"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate(formText(new FormData(event.currentTarget), 'password'));
      }}
    >
      {problem ? <Callout tone="red" role="alert" title={problem} /> : null}
      <Field label="Password of your account" error={refused}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            className="h-9"
          />
        )}
      </Field>
      <Button type="submit" look="primary" size="large" aria-disabled={signIn.isPending}>
        Sign in and join
      </Button>
    </form>
  );
}

const fields = ['name', 'password'] as const;
function JoinForm({ token, preview }: { token: string; preview: InvitationPreview }) {
  const trpc = useTRPC();
  const join = useMutation(
    trpc.members.join.mutationOptions({
      onSuccess: async ({ org }, { password }) => {
        const result = await signInWithPassword(preview.email, password);
        location.assign(result.kind === 'signed-in' ? `/${org}` : '/sign-in');
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (!join.isPending && !join.isSuccess)
      join.mutate({ token, name: formText(form, 'name'), password: formText(form, 'password') });
  };
  const other = otherError(join.error, fields);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      <Field label="Your name" error={fieldError(join.error, 'name')}>
        {(control) => (
          <Input {...control} name="name" autoComplete="name" required autoFocus maxLength={60} className="h-9" />
        )}
      </Field>
      <Field label="Password" hint="At least 10 characters" error={fieldError(join.error, 'password')}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={10}
            maxLength={200}
            className="h-9"
          />
        )}
      </Field>
      <Button type="submit" look="primary" size="large" aria-disabled={join.isPending || join.isSuccess}>
        Join
      </Button>
    </form>
  );
}
