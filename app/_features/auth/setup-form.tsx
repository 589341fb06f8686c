'use client';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { signInWithPassword } from '#app/_lib/sign-in.ts';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { formText, passwordHint } from '#app/_features/auth/view.ts';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Field, Input } from '#app/ui/field.tsx';
import { useHydrated } from '#app/ui/hydrated.ts';

const fields = ['code', 'name', 'email', 'password', 'organization'] as const;

/** First run: one field for the code; then name, e-mail and password; then straight into a new project. */
export function SetupForm({ code: given }: { code: string }) {
  const trpc = useTRPC();
  const isReady = useHydrated();
  const [code, setCode] = useState(given);
  const [isProven, setProven] = useState(given !== '');
  const [password, setPassword] = useState('');
  const setup = useMutation(
    trpc.setup.complete.mutationOptions({
      onSuccess: async ({ email, org }) => {
        const result = await signInWithPassword(email, password);
        location.assign(result.kind === 'signed-in' ? `/${org}/new` : `/sign-in?next=/${org}/new`);
      },
      // A wrong code is shown where it is typed.
      onError: (error) => error.data?.field === 'code' && setProven(false),
    }),
  );
  const errorOf = (field: (typeof fields)[number]): string | null => fieldError(setup.error, field);
  const other = otherError(setup.error, fields);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!isProven) return setProven(code.trim() !== '');
    if (setup.isPending || setup.isSuccess) return;
    const form = new FormData(event.currentTarget);
    const name = formText(form, 'name');
    setup.mutate({
      code: code.trim(),
      name,
      email: formText(form, 'email'),
      password,
      organization: formText(form, 'organization') || `${name.split(' ')[0] ?? name}’s team`,
    });
  };
  return (
    <form method="post" className="flex flex-col gap-4" onSubmit={submit}>
      <div>
        <h1 className="text-xl font-semibold">{isProven ? 'Create the first account' : 'Welcome to Slipway'}</h1>
        <p className="mt-1 text-pretty text-muted">
          {isProven
            ? 'It owns this installation. Others join by invitation.'
            : 'Slipway runs on this machine. The code proves that the machine is yours.'}
        </p>
      </div>
      {other ? <Callout tone="red" role="alert" title={<span className="text-sm font-normal">{other}</span>} /> : null}
      {isProven ? (
        <>
          <Field label="Your name" error={errorOf('name')}>
            {(control) => (
              <Input {...control} name="name" autoComplete="name" required autoFocus maxLength={60} className="h-9" />
            )}
          </Field>
          <Field label="E-mail" error={errorOf('email')}>
            {(control) => (
              <Input {...control} name="email" type="email" autoComplete="username" required className="h-9" />
            )}
          </Field>
          <Field
            label="Password"
            hint="At least 10 characters"
            aside={passwordHint(password)}
            error={errorOf('password')}
          >
            {(control) => (
              <Input
                {...control}
                type="password"
                autoComplete="new-password"
                required
                minLength={10}
                maxLength={200}
                className="h-9"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Field
            label="Organization"
            hint="Projects and members belong to it; more can be added later"
            error={errorOf('organization')}
          >
            {(control) => (
              <Input
                {...control}
                name="organization"
                autoComplete="organization"
                required
                maxLength={60}
                className="h-9"
              />
            )}
          </Field>
          <Button
            type="submit"
            look="primary"
            size="large"
            disabled={!isReady}
            aria-disabled={setup.isPending || setup.isSuccess}
          >
            {setup.isPending || setup.isSuccess ? 'Creating the account' : 'Create account'}
          </Button>
        </>
      ) : (
        <>
          <Field
            label="Setup code"
            error={errorOf('code')}
            hint={
              <>
                The console printed it; <code className="mono">npm run code</code> shows it again.
              </>
            }
          >
            {(control) => (
              <Input
                {...control}
                name="code"
                required
                autoFocus
                value={code}
                onChange={(event) => setCode(event.target.value)}
                autoCapitalize="none"
                className="mono h-9 tracking-wide"
              />
            )}
          </Field>
          <Button type="submit" look="primary" size="large" disabled={!isReady}>
            Continue
          </Button>
        </>
      )}
    </form>
  );
}
