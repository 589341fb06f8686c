-- The tenant role: what a use case runs as. Row-level security limits it to one organization (`app.org`).
do $$ begin
  create role slipway_tenant nologin;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  execute format('grant slipway_tenant to %I', current_user);
  execute format('grant usage on schema public to slipway_tenant');
end $$;
--> statement-breakpoint
-- Called at the end of every migration run: each table with an org_id column gets the policy and the grants.
create or replace function slipway_guard_tables() returns void language plpgsql as $$
declare t record;
begin
  for t in
    select c.table_name from information_schema.columns c
    join information_schema.tables b on b.table_schema = c.table_schema and b.table_name = c.table_name and b.table_type = 'BASE TABLE'
    where c.table_schema = 'public' and c.column_name = 'org_id'
  loop
    execute format('alter table %I enable row level security', t.table_name);
    execute format('drop policy if exists one_organization on %I', t.table_name);
    execute format('create policy one_organization on %I to slipway_tenant using (org_id = current_setting(''app.org'', true)) with check (org_id = current_setting(''app.org'', true))', t.table_name);
    execute format('grant select, insert, update, delete on %I to slipway_tenant', t.table_name);
  end loop;
  alter table organizations enable row level security;
  drop policy if exists one_organization on organizations;
  create policy one_organization on organizations to slipway_tenant using (id = current_setting('app.org', true)) with check (id = current_setting('app.org', true));
  grant select, update on organizations to slipway_tenant;
  grant select on users, regions to slipway_tenant;
  grant usage on all sequences in schema public to slipway_tenant;
end $$;
--> statement-breakpoint
-- Numbers of one organization's events are given under a lock, so that a reader who has seen N has seen all before it.
create or replace function slipway_event_number() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(new.org_id, 77));
  new.seq := nextval('deployment_events_seq_seq');
  perform pg_notify('slipway_events', json_build_object('org', new.org_id, 'deployment', new.deployment_id, 'release', new.release_id, 'kind', new.kind, 'seq', new.seq)::text);
  return new;
end $$;
--> statement-breakpoint
create or replace trigger deployment_events_number before insert on deployment_events for each row execute function slipway_event_number();
--> statement-breakpoint
create or replace function slipway_chunk_notice() returns trigger language plpgsql as $$
begin
  perform pg_notify('slipway_logs', new.stream_id);
  return null;
end $$;
--> statement-breakpoint
create or replace trigger log_chunks_notice after insert on log_chunks for each row execute function slipway_chunk_notice();
--> statement-breakpoint
-- Jobs are added by tenants too, without rights on graphile-worker's tables.
create or replace function slipway_add_job(name text, payload json, key text, run_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform graphile_worker.add_job(name, payload, max_attempts => 1, job_key => key, job_key_mode => 'replace', run_at => run_at);
end $$;
--> statement-breakpoint
-- Lease numbers: one sequence for all scopes, so that a later lease always has the higher number.
create sequence if not exists lease_fences;
--> statement-breakpoint
select slipway_guard_tables();
