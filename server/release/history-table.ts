/**
 * Records every change of releases and instances inside the database, for tests: triggers write the row as it is after
 * each statement, with the time of the statement. Whatever wrote it, and however it crashed, it is in the record.
 */
import { sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import type { InstanceChange, ReleaseChange } from '#server/release/history.ts';

/** Adds the record to a database that has the schema; again changes nothing. */
export async function installHistory(db: Db): Promise<void> {
  await db.execute(
    sql.raw(`
    create schema if not exists history;
    create table if not exists history.changes (
      seq bigserial primary key, at timestamptz not null default clock_timestamp(), what text not null, deployment_id text not null, row jsonb not null
    );
    create or replace function history.note() returns trigger language plpgsql security definer as $$
    begin
      insert into history.changes (what, deployment_id, row) values (tg_table_name, new.deployment_id, to_jsonb(new) - 'snapshot' - 'observed');
      return null;
    end $$;
    create or replace function history.gone() returns trigger language plpgsql security definer as $$
    begin
      insert into history.changes (what, deployment_id, row) values (tg_table_name, old.deployment_id, to_jsonb(old) - 'observed' || '{"state":"removed"}');
      return null;
    end $$;
    create or replace trigger gone after delete on instances for each row execute function history.gone();
    create or replace trigger history after insert or update on releases for each row execute function history.note();
    create or replace trigger history after insert or update of state on instances for each row execute function history.note();
    `),
  );
}

interface Row extends Record<string, unknown> {
  at: number;
  what: string;
  row: Record<string, unknown>;
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const optional = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** In the order in which it happened. @param deploymentIds all deployments when left out */
export async function readHistory(
  db: Db,
  deploymentIds?: readonly string[],
): Promise<{ releases: ReleaseChange[]; instances: InstanceChange[] }> {
  const of = deploymentIds ? sql`where deployment_id in (${sql.join(deploymentIds.map((id) => sql`${id}`), sql`, `)})` : sql``; // prettier-ignore
  const rows = await db.execute<Row>(
    sql`select (extract(epoch from at) * 1000)::float8 as at, what, row from history.changes ${of} order by seq`,
  );
  const releases: ReleaseChange[] = [];
  const instances: InstanceChange[] = [];
  for (const { at, what, row } of rows) {
    if (what === 'releases') releases.push(releaseOf(at, row));
    else instances.push(instanceOf(at, row));
  }
  return { releases, instances };
}

// The columns hold what the schema's types say; the record repeats them.
const releaseOf = (at: number, row: Record<string, unknown>): ReleaseChange => ({
  at,
  id: text(row['id']),
  deploymentId: text(row['deployment_id']),
  kind: row['kind'] as ReleaseChange['kind'],
  number: number(row['number']),
  state: row['state'] as ReleaseChange['state'],
  stateSince: text(row['state_since']),
  outcome: (row['outcome'] ?? null) as ReleaseChange['outcome'],
  failure: (row['failure'] ?? null) as ReleaseChange['failure'],
  owner: optional(row['lease_owner']),
  fence: number(row['fence']) ?? 0,
  takeovers: number(row['takeovers']) ?? 0,
  deadlineAt: optional(row['deadline_at']),
  routeGeneration: number(row['route_generation']),
});
const instanceOf = (at: number, row: Record<string, unknown>): InstanceChange => ({
  at,
  id: text(row['id']),
  deploymentId: text(row['deployment_id']),
  componentId: text(row['component_id']),
  startedBy: text(row['started_by']),
  role: row['role'] as InstanceChange['role'],
  hook: text(row['hook']),
  state: text(row['state']),
});
