'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { signOut } from '#app/_lib/sign-in.ts';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { formText } from '#app/_features/auth/view.ts';
import { RenameForm } from '#app/_features/options/rename-form.tsx';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { browserName } from '#app/_features/settings/view.ts';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { setTheme, themeFrom } from '#app/_features/shell/theme.ts';
import { useTheme } from '#app/_features/shell/use-theme.ts';
import { Button } from '#app/ui/button.tsx';
import { Field, Input, Select } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { Ago } from '#app/ui/time.tsx';
import { toast } from '#app/ui/toast.tsx';

/** The signed-in person: name, password, and where they are signed in. */
export function SessionsPage() {
  const trpc = useTRPC();
  const refresh = useRefresh('account');
  const { data: me } = useSuspenseQuery(trpc.account.me.queryOptions());
  const { data: sessions } = useSuspenseQuery(trpc.account.sessions.queryOptions());
  const rename = useMutation(trpc.account.rename.mutationOptions({ onSuccess: refresh.onSuccess }));
  const revoke = useMutation(trpc.account.revokeSession.mutationOptions(refresh));
  return (
    <PageBody className="max-w-4xl gap-8 pt-5">
      <RenameForm
        label="Your name"
        name={me.name}
        hint={me.email}
        denied={null}
        error={rename.error}
        isBusy={rename.isPending}
        onRename={(name) => rename.mutate({ name })}
      />
      {me.hasPassword ? <PasswordForm /> : null}
      <Appearance />
      <Section
        title="Sessions"
        note={countWords(sessions.length, 'browser')}
        actions={
          sessions.length > 1 ? (
            <Button aria-disabled={revoke.isPending} onClick={() => revoke.mutate({})}>
              Sign out everywhere else
            </Button>
          ) : null
        }
      >
        <Table>
          <Head>
            <HeadCell>Browser</HeadCell>
            <HeadCell wideOnly>Address</HeadCell>
            <HeadCell wideOnly className="text-right">
              Signed in
            </HeadCell>
            <HeadCell className="text-right">Last seen</HeadCell>
            <HeadCell>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </Head>
          <tbody>
            {sessions.map((session) => (
              <Row key={session.id}>
                <Cell title={session.userAgent}>
                  {browserName(session.userAgent)}{' '}
                  {session.isCurrent ? <span className="text-muted">(this one)</span> : null}
                </Cell>
                <Cell wideOnly className="mono text-muted">
                  {session.address}
                </Cell>
                <Cell wideOnly className="text-right text-muted">
                  <Ago at={session.createdAt} />
                </Cell>
                <Cell className="text-right text-muted">
                  <Ago at={session.lastSeenAt} />
                </Cell>
                <Cell className="w-0">
                  {session.isCurrent ? null : (
                    <Button
                      look="quiet"
                      size="small"
                      className="-my-1"
                      aria-disabled={revoke.isPending}
                      onClick={() => revoke.mutate({ id: session.id })}
                    >
                      Sign out
                    </Button>
                  )}
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      </Section>
    </PageBody>
  );
}

/** Also in the menu of the sidebar, which a phone has not. */
function Appearance() {
  const theme = useTheme();
  return (
    <Section title="This browser">
      <div className="flex flex-wrap items-end gap-4 border-t pt-4">
        <Field label="Appearance">
          {(control) => (
            <Select {...control} value={theme} onChange={(event) => setTheme(themeFrom(event.target.value))}>
              <option value="system">As the system</option>
              <option value="light">Light</option>
              <option value="dark">Dark</option>
            </Select>
          )}
        </Field>
        <Button onClick={() => void signOut()}>
          <LogOut /> Sign out
        </Button>
      </div>
    </Section>
  );
}

const fields = ['current', 'next'] as const;
function PasswordForm() {
  const trpc = useTRPC();
  const refresh = useRefresh('account');
  // A new form, and with it empty fields, after each change.
  const [round, setRound] = useState(0);
  const change = useMutation(
    trpc.account.changePassword.mutationOptions({
      onSuccess: async ({ revokedOthers }) => {
        toast(
          revokedOthers === 0
            ? 'Password changed.'
            : `Password changed; ${countWords(revokedOthers, 'other session')} signed out.`,
          { tone: 'green' },
        );
        setRound(round + 1);
        await refresh.onSuccess();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (!change.isPending) change.mutate({ current: formText(form, 'current'), next: formText(form, 'next') });
  };
  return (
    <Section title="Password">
      <form
        method="post"
        key={round}
        onSubmit={submit}
        className="grid max-w-2xl items-start gap-4 border-t pt-4 sm:grid-cols-[1fr_1fr_auto]"
      >
        <Field label="Now" error={fieldError(change.error, 'current') ?? otherError(change.error, fields)}>
          {(control) => <Input {...control} name="current" type="password" autoComplete="current-password" required />}
        </Field>
        <Field
          label="New"
          hint="At least 10 characters; signs out your other browsers"
          error={fieldError(change.error, 'next')}
        >
          {(control) => (
            <Input
              {...control}
              name="next"
              type="password"
              autoComplete="new-password"
              required
              minLength={10}
              maxLength={200}
            />
          )}
        </Field>
        <Button type="submit" className="mt-5.5" aria-disabled={change.isPending}>
          Change
        </Button>
      </form>
    </Section>
  );
}
