-- The tenant role sees who people are, never how they sign in.
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
  revoke select on users from slipway_tenant;
  grant select (id, name, email) on users to slipway_tenant;
  grant select on regions to slipway_tenant;
  grant usage on all sequences in schema public to slipway_tenant;
end $$;
--> statement-breakpoint
select slipway_guard_tables();
