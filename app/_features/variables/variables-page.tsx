'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { ClipboardPaste, Plus } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { PageBody } from '#app/_features/shell/page.tsx';
import { DotenvDialog } from '#app/_features/variables/dotenv-dialog.tsx';
import { NotLive } from '#app/_features/variables/not-live.tsx';
import { VariableDialog, type Editing } from '#app/_features/variables/variable-dialog.tsx';
import { VariableTableRow } from '#app/_features/variables/variable-row.tsx';
import { looksLikeDotenv, scopeWords, variableRows } from '#app/_features/variables/view.ts';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Input } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';

export function VariablesPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const { deployment, org } = useDeployment(project, slug);
  const denied = useDenied('variable.write');
  const { data: list } = useSuspenseQuery(
    trpc.variables.list.queryOptions({ org, projectId: deployment.project.id, deploymentId: deployment.id }),
  );
  const { data: draft } = useSuspenseQuery(trpc.drafts.get.queryOptions({ org, deploymentId: deployment.id }));
  const search = useSearchParams();
  const router = useRouter();
  const filter = search.get('q') ?? '';
  // A failure that names a missing variable leads here with its key.
  const asked = search.get('key');
  const known = list.variables.find((variable) => variable.key === asked);
  const [editing, setEditing] = useState<Editing | null>(
    asked && !known && !denied ? { kind: 'new', key: asked } : null,
  );
  const [pasted, setPasted] = useState<string | null>(null);
  usePaste((text) => !denied && setPasted(text));
  useCommands([
    {
      id: 'new-variable',
      title: 'New variable',
      group: 'This page',
      keys: 'c',
      disabledReason: denied,
      run: () => setEditing({ kind: 'new', key: '' }),
    },
    {
      id: 'paste-env',
      title: 'Paste a .env file',
      group: 'This page',
      disabledReason: denied,
      run: () => setPasted(''),
    },
  ]);
  const target = { projectId: deployment.project.id, deploymentId: deployment.id, components: draft.components };
  const rows = variableRows(list, filter);
  const isEmpty = list.variables.length === 0 && list.removed.length === 0;
  const buttons = (
    <>
      <Button
        aria-disabled={Boolean(denied)}
        title={denied ?? 'Or paste anywhere on this page'}
        onClick={() => !denied && setPasted('')}
      >
        <ClipboardPaste /> Paste .env
      </Button>
      <Button
        aria-disabled={Boolean(denied)}
        title={denied ?? undefined}
        onClick={() => !denied && setEditing({ kind: 'new', key: '' })}
      >
        <Plus /> New variable
      </Button>
    </>
  );
  return (
    <PageBody className="gap-3 pt-4">
      {isEmpty ? (
        <Empty
          title="No variables yet"
          why="Variables reach the application as its environment. Paste a whole .env file anywhere on this page to see what it would change."
        >
          {buttons}
        </Empty>
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <Input
              data-search
              type="search"
              aria-label="Search variables"
              placeholder="Search variables"
              defaultValue={filter}
              className="mr-auto max-w-72"
              onChange={(event) =>
                router.replace(event.target.value ? `?q=${encodeURIComponent(event.target.value)}` : '?', {
                  scroll: false,
                })
              }
            />
            {buttons}
          </div>
          <Table>
            <Head>
              <HeadCell>Key</HeadCell>
              <HeadCell>Value</HeadCell>
              <HeadCell wideOnly>Applies to</HeadCell>
              <HeadCell wideOnly>At</HeadCell>
              <HeadCell wideOnly className="text-right">
                Set
              </HeadCell>
              <HeadCell>
                <span className="sr-only">Actions</span>
              </HeadCell>
            </Head>
            <tbody>
              {rows.map((row) => (
                <VariableTableRow
                  key={row.variable.id}
                  row={row}
                  isAsked={row.variable.key === asked}
                  denied={denied}
                  onEdit={(variable) => setEditing({ kind: 'edit', variable })}
                />
              ))}
              {list.removed.map((gone) => (
                <Row key={`${gone.scope}-${gone.componentName ?? ''}-${gone.key}`} className="text-muted">
                  <Cell>
                    <span className="mono line-through decoration-faint">{gone.key}</span>
                  </Cell>
                  <Cell>
                    <NotLive>removed, live until the next deploy</NotLive>
                  </Cell>
                  <Cell wideOnly>{scopeWords(gone)}</Cell>
                  <Cell colSpan={3} />
                </Row>
              ))}
            </tbody>
          </Table>
          {rows.length === 0 ? (
            <p className="py-6 text-center text-sm text-muted">No variable matches “{filter}”.</p>
          ) : null}
          <p className="text-xs text-pretty text-muted">
            Changes reach the application with the next release. <span className="mono">{'${component.KEY}'}</span>{' '}
            stands for the value of another component.
          </p>
        </>
      )}
      <VariableDialog editing={editing} target={target} onClose={() => setEditing(null)} />
      <DotenvDialog text={pasted} target={target} onClose={() => setPasted(null)} />
    </PageBody>
  );
}

/** A paste that no field took and that looks like a `.env` file. */
function usePaste(onText: (text: string) => void): void {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const { target } = event;
      const isInField = target instanceof HTMLElement && target.matches('input, textarea');
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (isInField || !looksLikeDotenv(text) || document.querySelector('[role="dialog"]')) return;
      event.preventDefault();
      onText(text);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, [onText]);
}
