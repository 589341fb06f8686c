'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Eye, PencilLine, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { NotLive } from '#app/_features/variables/not-live.tsx';
import { scopeWords, useWords, type VariableRow } from '#app/_features/variables/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { Cell, Row } from '#app/ui/table.tsx';
import { Ago } from '#app/ui/time.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { VariableView } from '#server/domain/views/projects.ts';

interface Props {
  row: VariableRow;
  /** The one that the address names. */
  isAsked: boolean;
  denied: string | null;
  onEdit: (variable: VariableView) => void;
}

export function VariableTableRow({ row, isAsked, denied, onEdit }: Props) {
  const { variable, isOverridden } = row;
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const remove = useMutation(
    trpc.variables.remove.mutationOptions({
      onSuccess: async () => {
        await Promise.all([
          queries.invalidateQueries(trpc.variables.pathFilter()),
          queries.invalidateQueries(trpc.deployments.pathFilter()),
        ]);
      },
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
    }),
  );
  return (
    <Row className={isAsked ? 'bg-accent-fill' : undefined}>
      <Cell className="max-w-80 max-sm:max-w-48">
        <span className="flex min-w-0 items-center gap-x-2.5 max-sm:flex-wrap max-sm:py-1.5">
          <Copyable value={variable.key} what="key" className="font-medium" />
          {variable.state === 'live' ? null : (
            <NotLive>{variable.state === 'new' ? 'new, not live yet' : 'changed, not live yet'}</NotLive>
          )}
          <span className="w-full text-xs text-muted sm:hidden">{scopeWords(variable)}</span>
          {isOverridden ? <span className="text-xs text-muted">overridden here</span> : null}
        </span>
      </Cell>
      <Cell className="max-w-96 max-sm:max-w-28">
        <Value variable={variable} />
      </Cell>
      <Cell wideOnly className="text-muted">
        {scopeWords(variable)}
      </Cell>
      <Cell wideOnly className="text-muted">
        {useWords[variable.use]}
      </Cell>
      <Cell wideOnly className="text-right text-muted">
        <span title={variable.createdBy ? `by ${variable.createdBy.name}` : undefined}>
          <Ago at={variable.createdAt} />
        </span>
      </Cell>
      <Cell className="w-0 pl-1">
        <Menu>
          <MenuTrigger asChild>
            <Button look="quiet" size="icon" aria-label={`Actions of ${variable.key}`} className="-my-1">
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent>
            <MenuItem icon={<PencilLine />} disabledReason={denied} onSelect={() => onEdit(variable)}>
              {variable.isSecret ? 'Set a new value' : 'Edit'}
            </MenuItem>
            <MenuItem
              icon={<Trash2 />}
              danger
              disabledReason={denied}
              note="Live until the next release"
              onSelect={() => remove.mutate({ org, variableId: variable.id })}
            >
              Remove
            </MenuItem>
          </MenuContent>
        </Menu>
      </Cell>
    </Row>
  );
}

/** Secrets are write-only: their last four characters tell them apart. Others are read when asked for. */
function Value({ variable }: { variable: VariableView }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const [isShown, setShown] = useState(false);
  const value = useQuery({ ...trpc.variables.reveal.queryOptions({ org, variableId: variable.id }), enabled: isShown });
  if (variable.isSecret) {
    return (
      <span className="mono text-muted" title="A secret is never shown again">
        ••••••••{variable.hint}
      </span>
    );
  }
  if (isShown && value.data) {
    return value.data.value === '' ? (
      <span className="text-muted">empty</span>
    ) : (
      <Copyable value={value.data.value} what="value" />
    );
  }
  return (
    <Button look="quiet" size="small" className="-mx-2 -my-1" onClick={() => setShown(true)}>
      <Eye /> {value.error ? sentenceOf(value.error) : 'Show'}
    </Button>
  );
}
