'use client';
import { ChevronRight } from 'lucide-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import { openAtFirst, toneOf, visibleRows, type TreeRow } from '#app/_features/status/view.ts';
import { cn } from '#app/ui/cn.ts';
import { StatusShape, toneText } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { StatusNode } from '#server/domain/views/status.ts';

const indents = ['pl-1', 'pl-6', 'pl-11', 'pl-16'] as const;

/** Folds, and walks with the arrow keys; what is not fine is open by itself until the reader decides otherwise. */
export function StatusTree({ nodes }: { nodes: readonly StatusNode[] }) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [focused, setFocused] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const open = new Set(nodes.flatMap((node) => openAtFirst(node, 1)));
  for (const [key, isOpen] of toggled) {
    if (isOpen) open.add(key);
    else open.delete(key);
  }
  const rows = visibleRows(nodes, open);
  const current = rows.some((row) => row.node.key === focused) ? focused : (rows[0]?.node.key ?? null);
  const fold = (key: string, isOpen: boolean): void => setToggled(new Map(toggled).set(key, isOpen));
  const focus = (row: TreeRow | undefined): void => {
    if (!row) return;
    setFocused(row.node.key);
    tree.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.node.key)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent, row: TreeRow): void => {
    const index = rows.indexOf(row);
    const moves: Record<string, () => void> = {
      ArrowDown: () => focus(rows[index + 1]),
      ArrowUp: () => focus(rows[index - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () =>
        row.isOpen ? focus(rows[index + 1]) : row.node.children.length > 0 && fold(row.node.key, true),
      ArrowLeft: () =>
        row.isOpen ? fold(row.node.key, false) : focus(rows.find((item) => item.node.key === row.parent)),
      Enter: () => row.node.children.length > 0 && fold(row.node.key, !row.isOpen),
      ' ': () => row.node.children.length > 0 && fold(row.node.key, !row.isOpen),
    };
    const move = moves[event.key];
    if (!move || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    move();
  };
  return (
    <div ref={tree} role="tree" aria-label="Status" className="divide-y border-y">
      {rows.map((row) => (
        <Node
          key={row.node.key}
          row={row}
          isCurrent={row.node.key === current}
          onFocus={() => setFocused(row.node.key)}
          onKeyDown={(event) => onKeyDown(event, row)}
          onToggle={() => row.node.children.length > 0 && fold(row.node.key, !row.isOpen)}
        />
      ))}
    </div>
  );
}

interface NodeProps {
  row: TreeRow;
  isCurrent: boolean;
  onFocus: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onToggle: () => void;
}
function Node({ row, isCurrent, onFocus, onKeyDown, onToggle }: NodeProps) {
  const { node, depth, isOpen } = row;
  const tone = toneOf(node);
  const hasChildren = node.children.length > 0;
  return (
    <div
      role="treeitem"
      data-key={node.key}
      aria-level={depth + 1}
      aria-expanded={hasChildren ? isOpen : undefined}
      aria-selected={isCurrent}
      tabIndex={isCurrent ? 0 : -1}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
      onClick={onToggle}
      className={cn(
        'flex min-h-9 items-center gap-2 pr-1 text-sm outline-offset-[-2px] transition-colors',
        hasChildren && 'hover:bg-hover/60',
        indents[depth] ?? 'pl-20',
      )}
    >
      <ChevronRight
        aria-hidden
        className={cn(
          'size-4 shrink-0 stroke-[1.75] text-faint transition-transform',
          isOpen && 'rotate-90',
          !hasChildren && 'invisible',
        )}
      />
      <StatusShape tone={tone} label className={cn(node.isStale && 'opacity-80')} />
      <span className={cn('shrink-0', depth === 0 && 'font-medium')}>{node.label}</span>
      <span
        className={cn(
          'min-w-0 flex-1 truncate',
          tone === 'green' || tone === 'grey' || tone === 'unknown' ? 'text-muted' : toneText[tone],
        )}
        title={node.sentence}
      >
        {node.sentence}
      </span>
      <span className="tabular flex shrink-0 gap-3 text-xs text-muted">
        {node.facts.map((fact) => (
          <span key={fact} className="max-sm:hidden">
            {fact}
          </span>
        ))}
        {node.isStale && node.observedAt ? (
          <span>
            last seen <Ago at={node.observedAt} />
          </span>
        ) : node.kind === 'instance' && node.since ? (
          <span>
            {tone === 'green' ? 'up since ' : ''}
            <Ago at={node.since} />
          </span>
        ) : null}
      </span>
    </div>
  );
}
