CREATE TABLE "usage_intervals" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"kind" text NOT NULL,
	"project_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"component_id" text,
	"project_name" text NOT NULL,
	"deployment_name" text NOT NULL,
	"component_name" text DEFAULT '' NOT NULL,
	"cpu_millis" integer DEFAULT 0 NOT NULL,
	"memory_mib" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "usage_intervals" ADD CONSTRAINT "usage_intervals_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "usage_intervals_org" ON "usage_intervals" USING btree ("org_id","ended_at");--> statement-breakpoint
CREATE INDEX "usage_intervals_deployment" ON "usage_intervals" USING btree ("deployment_id","ended_at");
--> statement-breakpoint
-- Usage is written where instances and builds are, in the same transaction, so that no crash loses or doubles it.
create or replace function slipway_instance_usage() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if tg_op = 'INSERT' then
    insert into usage_intervals (id, org_id, kind, project_id, deployment_id, component_id, project_name, deployment_name, component_name, cpu_millis, memory_mib, started_at, ended_at)
    select new.id, new.org_id, 'instance', p.id, d.id, new.component_id, p.name, d.name, coalesce(c.name, ''), new.cpu_millis, new.memory_mib, new.created_at, new.removed_at
    from deployments d join projects p on p.id = d.project_id left join components c on c.id = new.component_id
    where d.id = new.deployment_id
    on conflict (id) do nothing;
  elsif tg_op = 'UPDATE' then
    if new.state = 'removed' and old.state <> 'removed' then
      update usage_intervals set ended_at = greatest(coalesce(new.removed_at, now()), started_at) where id = new.id and ended_at is null;
    end if;
  elsif old.state = 'starting' then
    delete from usage_intervals where id = old.id and ended_at is null; -- its start was taken back
  else
    update usage_intervals set ended_at = greatest(now(), started_at) where id = old.id and ended_at is null;
  end if;
  return null;
end $$;
--> statement-breakpoint
create or replace trigger instances_usage after insert or update or delete on instances for each row execute function slipway_instance_usage();
--> statement-breakpoint
create or replace function slipway_build_usage() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if tg_op = 'INSERT' then
    insert into usage_intervals (id, org_id, kind, project_id, deployment_id, project_name, deployment_name, started_at, ended_at)
    select 'build_' || new.seq, new.org_id, 'build', p.id, d.id, p.name, d.name, new.started_at, new.ended_at
    from releases r join deployments d on d.id = r.deployment_id join projects p on p.id = d.project_id
    where r.id = new.release_id and r.lane = 'build'
    on conflict (id) do nothing;
  elsif tg_op = 'UPDATE' then
    update usage_intervals set ended_at = greatest(new.ended_at, started_at) where id = 'build_' || new.seq and ended_at is null and new.ended_at is not null;
  else
    update usage_intervals set ended_at = greatest(now(), started_at) where id = 'build_' || old.seq and ended_at is null;
  end if;
  return null;
end $$;
--> statement-breakpoint
create or replace trigger release_steps_usage_start after insert on release_steps for each row when (new.state = 'building') execute function slipway_build_usage();
--> statement-breakpoint
create or replace trigger release_steps_usage_end after update on release_steps for each row when (new.state = 'building') execute function slipway_build_usage();
--> statement-breakpoint
create or replace trigger release_steps_usage_gone after delete on release_steps for each row when (old.state = 'building') execute function slipway_build_usage();
--> statement-breakpoint
insert into usage_intervals (id, org_id, kind, project_id, deployment_id, component_id, project_name, deployment_name, component_name, cpu_millis, memory_mib, started_at, ended_at)
select i.id, i.org_id, 'instance', p.id, d.id, i.component_id, p.name, d.name, c.name, i.cpu_millis, i.memory_mib, i.created_at, i.removed_at
from instances i join deployments d on d.id = i.deployment_id join projects p on p.id = d.project_id join components c on c.id = i.component_id
on conflict (id) do nothing;
--> statement-breakpoint
select slipway_guard_tables();
