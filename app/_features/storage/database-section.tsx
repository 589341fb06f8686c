'use client';
import { Section } from '#app/_features/shell/page.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import type { DatabaseView, StorageView } from '#server/domain/views/storage.ts';

interface Props {
  database: DatabaseView;
  storage: StorageView;
  deploymentId: string;
}

/** What a database is, what the others get of it, and what was done with its data. */
export function DatabaseSection({ database }: Props) {
  const { component, title, version, offers, console: command } = database;
  const facts: [string, React.ReactNode][] = [
    ['Reachable as', <Copyable key="host" value={component.name} what="host name" className="mono" />],
    ['Variables', <span key="variables" className="mono text-pretty whitespace-normal">{offers.join(', ')}</span>],
    ['Console', <Copyable key="console" value={command} what="command" className="mono" />],
  ]; // prettier-ignore
  return (
    <Section title={component.name} note={`${title} ${version}, inside this deployment only`}>
      <dl className="divide-y border-y text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="grid min-h-9 grid-cols-[110px_minmax(0,1fr)] items-center gap-4 py-1.5">
            <dt className="text-muted">{label}</dt>
            <dd className="min-w-0">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
