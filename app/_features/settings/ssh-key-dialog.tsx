'use client';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { formText } from '#app/_features/auth/view.ts';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { fieldError, otherError } from '#app/_features/shell/problem.ts';
import { addedWords } from '#app/_features/settings/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Field, Input, Select, TextArea } from '#app/ui/field.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { AddedSshKeys } from '#server/domain/views/accounts.ts';

export type AddingKeys = 'paste' | 'import';

export function SshKeyDialog({ adding, onClose }: { adding: AddingKeys | null; onClose: () => void }) {
  return (
    <Dialog
      open={adding !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={adding === 'import' ? 'Import SSH keys' : 'Add SSH keys'}
      description={
        adding === 'import'
          ? 'The public keys that you have published there.'
          : 'Public keys only, one per line. Ed25519, ECDSA, or RSA of 2048 bits and more.'
      }
    >
      {adding ? <SshKeyForm adding={adding} onClose={onClose} /> : null}
    </Dialog>
  );
}

const fields = ['text', 'name'] as const;
function SshKeyForm({ adding, onClose }: { adding: AddingKeys; onClose: () => void }) {
  const trpc = useTRPC();
  const { onSuccess: refresh } = useRefresh('account');
  const onSuccess = async (result: AddedSshKeys): Promise<void> => {
    await refresh();
    toast(addedWords(result), { tone: 'green' });
    onClose();
  };
  const add = useMutation(trpc.account.addSshKeys.mutationOptions({ onSuccess }));
  const fetchKeys = useMutation(trpc.account.importSshKeys.mutationOptions({ onSuccess }));
  const error = add.error ?? fetchKeys.error;
  const isBusy = add.isPending || fetchKeys.isPending;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget);
    const site = formText(form, 'site') === 'gitlab' ? 'gitlab' : 'github';
    if (adding === 'import') fetchKeys.mutate({ site, name: formText(form, 'name') });
    else add.mutate({ text: formText(form, 'text') });
  };
  const other = otherError(error, fields);
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {other ? <Callout tone="red" role="alert" title={other} /> : null}
      {adding === 'paste' ? (
        <Field label="Public keys" hint="The content of ~/.ssh/id_ed25519.pub" error={fieldError(error, 'text')}>
          {(control) => (
            <TextArea
              {...control}
              name="text"
              required
              autoFocus
              rows={6}
              maxLength={100_000}
              spellCheck={false}
              placeholder="ssh-ed25519 AAAA… you@laptop"
            />
          )}
        </Field>
      ) : (
        <div className="grid gap-4 sm:grid-cols-[auto_1fr]">
          <Field label="From">
            {(control) => (
              <Select {...control} name="site">
                <option value="github">GitHub</option>
                <option value="gitlab">GitLab</option>
              </Select>
            )}
          </Field>
          <Field label="User name there" error={fieldError(error, 'name')}>
            {(control) => <Input {...control} name="name" required autoFocus maxLength={100} />}
          </Field>
        </div>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" aria-disabled={isBusy}>
          {adding === 'import' ? 'Import' : 'Add'}
        </Button>
      </div>
    </form>
  );
}
