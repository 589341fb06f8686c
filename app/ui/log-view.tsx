'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '#app/ui/button.tsx';
import { cn } from '#app/ui/cn.ts';
import { sgrSpans } from '#app/ui/sgr.ts';
import { countWords } from '#app/ui/time-words.ts';

export interface LogRow {
  /** Unique and stable; part of the URL when the line is chosen. */
  key: string;
  /** ISO. */
  at: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
  /** Who says it: a component, an instance, the platform. */
  source: string;
  /** Written by the platform itself: an application cannot forge it. */
  isPlatform: boolean;
}
interface Props {
  rows: readonly LogRow[];
  label: string;
  /** The line that the URL names, or the one to look at first. */
  chosen?: string | null;
  onChoose?: (key: string) => void;
  /** Starts at the end and stays there until the reader scrolls away. */
  follow: boolean;
  showSource?: boolean;
  className?: string;
}

const levelClass: Record<LogRow['level'], string> = {
  debug: 'text-muted',
  info: '',
  warn: 'bg-yellow-fill text-yellow-text',
  error: 'bg-red-fill text-red-text',
};

interface LineProps {
  row: LogRow;
  isChosen: boolean;
  showSource: boolean;
  onChoose: ((key: string) => void) | undefined;
}
const Line = memo(function Line({ row, isChosen, showSource, onChoose }: LineProps) {
  return (
    <div
      className={cn(
        'mono flex gap-3 px-3 hover:bg-hover',
        levelClass[row.level],
        row.isPlatform && row.level === 'info' && 'text-muted',
        isChosen && 'shadow-[inset_2px_0_0_var(--color-accent)]',
      )}
    >
      <button
        type="button"
        tabIndex={-1}
        title={row.at}
        onClick={() => onChoose?.(row.key)}
        className="tabular shrink-0 self-start text-faint select-none hover:text-text"
      >
        {row.at.slice(11, 19)}
      </button>
      {showSource ? <span className="w-24 shrink-0 truncate text-muted max-sm:hidden">{row.source}</span> : null}
      <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">
        {sgrSpans(row.text).map((span, index) =>
          span.className ? (
            <span key={index} className={span.className}>
              {span.text}
            </span>
          ) : (
            span.text
          ),
        )}
      </span>
    </div>
  );
});

/** Only the lines in sight are in the page, so that a million of them scroll. Following ends when the reader scrolls up and comes back at the end. */
export function LogView({ rows, label, chosen, onChoose, follow, showSource = false, className }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const shownChoice = useRef<string | null | undefined>(null);
  const [isFollowing, setFollowing] = useState(follow && !chosen);
  const [seen, setSeen] = useState(rows.length);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 18,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 24,
    paddingStart: 6,
    paddingEnd: 6,
  });
  const total = virtual.getTotalSize();
  const chosenIndex = chosen ? rows.findIndex((row) => row.key === chosen) : -1;

  useLayoutEffect(() => {
    if (isFollowing && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [isFollowing, rows.length, total, virtual]);
  useEffect(() => {
    // Only when another line is chosen: new lines must not move what is being read.
    if (chosenIndex < 0 || shownChoice.current === chosen) return;
    shownChoice.current = chosen;
    virtual.scrollToIndex(chosenIndex, { align: 'center' });
  }, [chosen, chosenIndex, virtual]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    if (isAtEnd !== isFollowing && follow) setFollowing(isAtEnd);
    if (isAtEnd) setSeen(rows.length);
  };
  const unread = isFollowing ? 0 : rows.length - seen;
  return (
    <div className={cn('relative flex min-h-0 flex-col', className)}>
      <div
        ref={scroller}
        onScroll={onScroll}
        onWheel={() => isFollowing && setSeen(rows.length)}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain outline-offset-[-2px]"
      >
        <Rows innerRef={inner} height={total}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${String(item.start)}px)` }}
              >
                <Line row={row} isChosen={row.key === chosen} showSource={showSource} onChoose={onChoose} />
              </div>
            ) : null;
          })}
        </Rows>
      </div>
      {unread > 0 && follow ? (
        <Button
          size="small"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-appear rounded-full shadow-raised"
          onClick={() => setFollowing(true)}
        >
          <ArrowDown /> {countWords(unread, 'new line')}
        </Button>
      ) : null}
    </div>
  );
}

/** The height is set by script: an attribute in the server's HTML would be refused by the content security policy. */
function Rows({
  innerRef,
  height,
  children,
}: {
  innerRef: React.RefObject<HTMLDivElement | null>;
  height: number;
  children: React.ReactNode;
}) {
  useLayoutEffect(() => {
    if (innerRef.current) innerRef.current.style.height = `${String(height)}px`;
  }, [innerRef, height]);
  return (
    <div ref={innerRef} className="relative w-full">
      {children}
    </div>
  );
}
