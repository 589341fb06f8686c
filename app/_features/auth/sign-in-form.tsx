'use client';
import { useState, type FormEvent } from 'react';
import { signInWithPassword, signInWithProvider } from '#app/_lib/sign-in.ts';
import { formText } from '#app/_features/auth/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Field, Input } from '#app/ui/field.tsx';
import { useHydrated } from '#app/ui/hydrated.ts';
import type { SignInProvider } from '#server/domain/views/accounts.ts';

const unreachable = 'The dashboard does not answer. Your applications keep serving; try again in a moment.';

interface Props {
  providers: readonly SignInProvider[];
  returnTo: string;
  /** Why the provider's page came back without a session. */
  refused: string | null;
  email: string;
}

export function SignInForm({ providers, returnTo, refused, email }: Props) {
  const [problem, setProblem] = useState<string | null>(refused);
  const isReady = useHydrated();
  const [isBusy, setBusy] = useState(false);
  const hasPassword = providers.some((provider) => provider.id === 'credentials');
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      const result = await signInWithPassword(formText(form, 'email'), formText(form, 'password'));
      if (result.kind === 'signed-in') return location.assign(returnTo);
      setProblem(result.kind === 'wrong' ? 'E-mail or password is wrong.' : result.message);
    } catch {
      setProblem(unreachable);
    }
    setBusy(false);
  };
  const goTo = async (provider: 'github' | 'oidc'): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      await signInWithProvider(provider, returnTo);
    } catch {
      setProblem(unreachable);
    }
    setBusy(false);
  };
  return (
    <div className="flex flex-col gap-4">
      {problem ? (
        <Callout tone="red" role="alert" title={<span className="text-sm font-normal">{problem}</span>} />
      ) : null}
      {hasPassword ? (
        <form method="post" className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
          <Field label="E-mail">
            {(control) => (
              <Input
                {...control}
                name="email"
                type="email"
                autoComplete="username"
                required
                autoFocus={email === ''}
                defaultValue={email}
                className="h-9"
              />
            )}
          </Field>
          <Field label="Password">
            {(control) => (
              <Input
                {...control}
                name="password"
                type="password"
                autoComplete="current-password"
                required
                autoFocus={email !== ''}
                className="h-9"
              />
            )}
          </Field>
          <Button type="submit" look="primary" size="large" disabled={!isReady} aria-disabled={isBusy}>
            Sign in
          </Button>
        </form>
      ) : null}
      <div className="flex flex-col gap-2">
        {providers.map((provider) =>
          provider.id === 'credentials' ? null : (
            <Button
              key={provider.id}
              size="large"
              disabled={!isReady}
              aria-disabled={isBusy}
              onClick={() => provider.id !== 'credentials' && void goTo(provider.id)}
            >
              Continue with {provider.name}
            </Button>
          ),
        )}
      </div>
    </div>
  );
}
