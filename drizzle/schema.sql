-- tables
create table artifacts (
  id text not null,
  org_id text not null,
  project_id text not null,
  build_key text not null,
  image_id text not null,
  reference text not null,
  size_bytes bigint not null,
  exposed_ports jsonb not null default '[]'::jsonb,
  created_at timestamp(3) with time zone not null default now(),
  removed_at timestamp(3) with time zone,
  missing_since timestamp(3) with time zone,
  image_gone_at timestamp(3) with time zone
);
create table audit_entries (
  seq bigint not null default nextval('audit_entries_seq_seq'::regclass),
  org_id text not null,
  actor_id text,
  action text not null,
  resource_kind text not null,
  resource_id text not null,
  data jsonb not null default '{}'::jsonb,
  created_at timestamp(3) with time zone not null default now()
);
create table branch_tips (
  org_id text not null,
  repository_id text not null,
  ref text not null,
  commit text not null,
  message text not null default ''::text,
  checked_at timestamp(3) with time zone not null default now(),
  changed_at timestamp(3) with time zone not null default now(),
  history jsonb not null default '[]'::jsonb
);
create table components (
  id text not null,
  org_id text not null,
  project_id text not null,
  name text not null,
  kind text not null,
  repository_id text,
  image text,
  settings jsonb not null default '{}'::jsonb,
  "position" integer not null default 0,
  created_at timestamp(3) with time zone not null default now(),
  removed_at timestamp(3) with time zone
);
create table credentials (
  id text not null,
  org_id text not null,
  kind text not null,
  name text not null,
  username text not null default ''::text,
  sealed text not null,
  hint text not null default ''::text,
  public_key text,
  created_at timestamp(3) with time zone not null default now()
);
create table data_jobs (
  id text not null,
  org_id text not null,
  deployment_id text not null,
  component_id text not null,
  kind text not null,
  started_by text not null,
  dump_id text,
  engine text not null,
  state text not null default 'waiting'::text,
  size_bytes bigint,
  checksum text,
  failure text,
  requested_by text,
  created_at timestamp(3) with time zone not null default now(),
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  lease_until timestamp(3) with time zone
);
create table deployment_events (
  seq bigint not null default nextval('deployment_events_seq_seq'::regclass),
  org_id text not null,
  project_id text not null,
  deployment_id text not null,
  release_id text,
  instance_id text,
  kind text not null,
  data jsonb not null default '{}'::jsonb,
  actor_id text,
  created_at timestamp(3) with time zone not null default now()
);
create table deployments (
  id text not null,
  org_id text not null,
  project_id text not null,
  region_id text not null,
  slug text not null,
  name text not null,
  stage_name text not null,
  stage_kind text not null,
  handle text not null,
  power text not null default 'running'::text,
  auto_paused_reason text,
  release_counter integer not null default 0,
  live_release_id text,
  route_generation integer not null default 0,
  created_by text,
  created_at timestamp(3) with time zone not null default now(),
  deleted_at timestamp(3) with time zone,
  auto_deploy boolean not null default false,
  auto_deployed jsonb,
  auto_revert boolean not null default false
);
create table drafts (
  deployment_id text not null,
  org_id text not null,
  revision integer not null default 1,
  document jsonb not null,
  updated_by text,
  updated_at timestamp(3) with time zone not null default now(),
  manifests jsonb
);
create table dump_schedules (
  id text not null,
  org_id text not null,
  deployment_id text not null,
  component_id text not null,
  every_hours bigint not null,
  keep bigint not null,
  next_at timestamp(3) with time zone not null,
  created_at timestamp(3) with time zone not null default now()
);
create table identities (
  provider text not null,
  subject text not null,
  user_id text not null,
  created_at timestamp(3) with time zone not null default now()
);
create table instance_releases (
  instance_id text not null,
  release_id text not null,
  org_id text not null
);
create table instances (
  id text not null,
  org_id text not null,
  deployment_id text not null,
  component_id text not null,
  started_by text not null,
  role text not null default 'serving'::text,
  hook text not null default ''::text,
  ordinal integer not null,
  spec_hash text not null,
  state text not null default 'starting'::text,
  address text not null,
  address_free_at timestamp(3) with time zone,
  port integer,
  cpu_millis integer not null,
  memory_mib integer not null,
  retired_by text,
  created_at timestamp(3) with time zone not null default now(),
  ready_at timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  observed jsonb,
  observed_at timestamp(3) with time zone,
  restarts integer not null default 0
);
create table invitations (
  id text not null,
  org_id text not null,
  email text not null,
  role text not null,
  token_hash text not null,
  invited_by text,
  created_at timestamp(3) with time zone not null default now(),
  expires_at timestamp(3) with time zone not null,
  used_at timestamp(3) with time zone
);
create table log_chunks (
  stream_id text not null,
  org_id text not null,
  first_seq bigint not null,
  last_seq bigint not null,
  first_at timestamp(3) with time zone not null,
  last_at timestamp(3) with time zone not null,
  bytes integer not null
);
create table log_streams (
  id text not null,
  org_id text not null,
  deployment_id text not null,
  release_id text,
  component_id text,
  instance_id text,
  kind text not null,
  next_seq bigint not null default 1,
  bytes bigint not null default 0,
  created_at timestamp(3) with time zone not null default now(),
  closed_at timestamp(3) with time zone
);
create table memberships (
  org_id text not null,
  user_id text not null,
  role text not null,
  created_at timestamp(3) with time zone not null default now()
);
create table metric_points (
  org_id text not null,
  deployment_id text not null,
  component_id text not null,
  instance_id text not null,
  step_seconds integer not null,
  at timestamp(3) with time zone not null,
  cpu_millis real not null,
  memory_bytes bigint not null,
  memory_limit_bytes bigint not null,
  processes integer not null,
  received_bytes bigint not null,
  sent_bytes bigint not null,
  read_bytes bigint not null,
  written_bytes bigint not null
);
create table networks (
  deployment_id text not null,
  org_id text not null,
  region_id text not null,
  index integer not null,
  subnet text not null
);
create table organizations (
  id text not null,
  slug text not null,
  name text not null,
  plan text not null default 'free'::text,
  created_at timestamp(3) with time zone not null default now()
);
create table platform_facts (
  key text not null,
  value jsonb not null,
  updated_at timestamp(3) with time zone not null default now()
);
create table projects (
  id text not null,
  org_id text not null,
  slug text not null,
  name text not null,
  template jsonb,
  created_by text,
  created_at timestamp(3) with time zone not null default now(),
  deleted_at timestamp(3) with time zone
);
create table regions (
  id text not null,
  slug text not null,
  name text not null,
  runtime text not null default 'docker'::text,
  apps_domain text not null,
  apps_scheme text not null default 'http'::text,
  apps_port integer not null default 80,
  build_slots integer not null default 2,
  rollout_slots integer not null default 4,
  org_limit integer not null default 4,
  enabled boolean not null default true,
  created_at timestamp(3) with time zone not null default now()
);
create table release_components (
  release_id text not null,
  org_id text not null,
  component_id text not null,
  tree_hash text,
  plan jsonb,
  build_key text,
  artifact_id text,
  build_outcome text,
  build_attempts integer not null default 0,
  port integer,
  spec_hash text,
  built jsonb
);
create table release_steps (
  seq bigint not null default nextval('release_steps_seq_seq'::regclass),
  org_id text not null,
  release_id text not null,
  state text not null,
  started_at timestamp(3) with time zone not null default now(),
  ended_at timestamp(3) with time zone,
  note text not null default ''::text
);
create table releases (
  id text not null,
  org_id text not null,
  project_id text not null,
  deployment_id text not null,
  region_id text not null,
  number integer,
  kind text not null,
  lane text not null,
  state text not null,
  state_since timestamp(3) with time zone not null default now(),
  outcome text,
  snapshot jsonb not null,
  trigger jsonb not null,
  draft_revision integer,
  requested_by text,
  held_reason text,
  failure jsonb,
  report jsonb,
  cancel_to text,
  superseded_by text,
  previous_release_id text,
  route_generation integer,
  created_at timestamp(3) with time zone not null default now(),
  started_at timestamp(3) with time zone,
  live_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  lease_owner text,
  lease_until timestamp(3) with time zone,
  fence bigint not null default 0,
  takeovers integer not null default 0,
  deadline_at timestamp(3) with time zone,
  due_at timestamp(3) with time zone not null default now(),
  attempts integer not null default 0,
  report_base jsonb,
  tag_id text
);
create table repositories (
  id text not null,
  org_id text not null,
  project_id text not null,
  kind text not null,
  url text,
  credential_id text,
  default_branch text not null default 'main'::text,
  host_key text,
  created_at timestamp(3) with time zone not null default now()
);
create table sessions (
  id text not null,
  user_id text not null,
  user_agent text not null default ''::text,
  address text not null default ''::text,
  created_at timestamp(3) with time zone not null default now(),
  last_seen_at timestamp(3) with time zone not null default now(),
  expires_at timestamp(3) with time zone not null,
  revoked_at timestamp(3) with time zone
);
create table sign_in_attempts (
  key text not null,
  window_start timestamp(3) with time zone not null,
  count integer not null default 0
);
create table ssh_keys (
  id text not null,
  user_id text not null,
  name text not null,
  algorithm text not null,
  fingerprint text not null,
  blob text not null,
  created_at timestamp(3) with time zone not null default now(),
  last_used_at timestamp(3) with time zone,
  last_used_from text
);
create table tags (
  id text not null,
  org_id text not null,
  project_id text not null,
  name text not null,
  notes text not null default ''::text,
  components jsonb not null,
  created_by text,
  created_at timestamp(3) with time zone not null default now()
);
create table usage_intervals (
  id text not null,
  org_id text not null,
  kind text not null,
  project_id text not null,
  deployment_id text not null,
  component_id text,
  project_name text not null,
  deployment_name text not null,
  component_name text not null default ''::text,
  cpu_millis integer not null default 0,
  memory_mib integer not null default 0,
  started_at timestamp(3) with time zone not null,
  ended_at timestamp(3) with time zone
);
create table users (
  id text not null,
  email text not null,
  name text not null,
  password_hash text,
  is_operator boolean not null default false,
  created_at timestamp(3) with time zone not null default now()
);
create table variables (
  id text not null,
  org_id text not null,
  scope text not null,
  project_id text not null,
  deployment_id text,
  component_id text,
  key text not null,
  use text not null default 'run'::text,
  is_secret text not null default 'no'::text,
  sealed text not null,
  hint text not null default ''::text,
  created_by text,
  created_at timestamp(3) with time zone not null default now(),
  replaced_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone
);
create table volumes (
  id text not null,
  org_id text not null,
  project_id text not null,
  deployment_id text not null,
  component_id text not null,
  region_id text not null,
  name text not null,
  path text not null,
  size_bytes bigint not null,
  state text not null default 'active'::text,
  trashed_at timestamp(3) with time zone,
  place text not null default 'none'::text,
  grows_at_start boolean not null default false,
  used_bytes bigint,
  capacity_bytes bigint,
  observed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null default now()
);

-- constraints
alter table artifacts add constraint artifacts_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table artifacts add constraint artifacts_pkey PRIMARY KEY (id);
alter table artifacts add constraint artifacts_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table audit_entries add constraint audit_entries_actor_id_users_id_fk FOREIGN KEY (actor_id) REFERENCES users(id) ON DELETE SET NULL;
alter table audit_entries add constraint audit_entries_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table audit_entries add constraint audit_entries_pkey PRIMARY KEY (seq);
alter table branch_tips add constraint branch_tips_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table branch_tips add constraint branch_tips_repository_id_ref_pk PRIMARY KEY (repository_id, ref);
alter table components add constraint components_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table components add constraint components_pkey PRIMARY KEY (id);
alter table components add constraint components_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table components add constraint components_repository_id_repositories_id_fk FOREIGN KEY (repository_id) REFERENCES repositories(id) ON DELETE RESTRICT;
alter table credentials add constraint credentials_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table credentials add constraint credentials_pkey PRIMARY KEY (id);
alter table data_jobs add constraint data_jobs_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE RESTRICT;
alter table data_jobs add constraint data_jobs_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE RESTRICT;
alter table data_jobs add constraint data_jobs_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table data_jobs add constraint data_jobs_pkey PRIMARY KEY (id);
alter table deployment_events add constraint deployment_events_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table deployment_events add constraint deployment_events_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table deployment_events add constraint deployment_events_pkey PRIMARY KEY (seq);
alter table deployments add constraint deployments_created_by_users_id_fk FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL;
alter table deployments add constraint deployments_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table deployments add constraint deployments_pkey PRIMARY KEY (id);
alter table deployments add constraint deployments_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table deployments add constraint deployments_region_id_regions_id_fk FOREIGN KEY (region_id) REFERENCES regions(id) ON DELETE RESTRICT;
alter table drafts add constraint drafts_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table drafts add constraint drafts_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table drafts add constraint drafts_pkey PRIMARY KEY (deployment_id);
alter table drafts add constraint drafts_updated_by_users_id_fk FOREIGN KEY (updated_by) REFERENCES users(id) ON DELETE SET NULL;
alter table dump_schedules add constraint dump_schedules_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE CASCADE;
alter table dump_schedules add constraint dump_schedules_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table dump_schedules add constraint dump_schedules_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table dump_schedules add constraint dump_schedules_pkey PRIMARY KEY (id);
alter table identities add constraint identities_provider_subject_pk PRIMARY KEY (provider, subject);
alter table identities add constraint identities_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table instance_releases add constraint instance_releases_instance_id_instances_id_fk FOREIGN KEY (instance_id) REFERENCES instances(id) ON DELETE CASCADE;
alter table instance_releases add constraint instance_releases_instance_id_release_id_pk PRIMARY KEY (instance_id, release_id);
alter table instance_releases add constraint instance_releases_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table instance_releases add constraint instance_releases_release_id_releases_id_fk FOREIGN KEY (release_id) REFERENCES releases(id) ON DELETE CASCADE;
alter table instances add constraint instances_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE CASCADE;
alter table instances add constraint instances_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table instances add constraint instances_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table instances add constraint instances_pkey PRIMARY KEY (id);
alter table instances add constraint instances_started_by_releases_id_fk FOREIGN KEY (started_by) REFERENCES releases(id) ON DELETE CASCADE;
alter table invitations add constraint invitations_invited_by_users_id_fk FOREIGN KEY (invited_by) REFERENCES users(id) ON DELETE SET NULL;
alter table invitations add constraint invitations_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table invitations add constraint invitations_pkey PRIMARY KEY (id);
alter table log_chunks add constraint log_chunks_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table log_chunks add constraint log_chunks_stream_id_first_seq_pk PRIMARY KEY (stream_id, first_seq);
alter table log_chunks add constraint log_chunks_stream_id_log_streams_id_fk FOREIGN KEY (stream_id) REFERENCES log_streams(id) ON DELETE CASCADE;
alter table log_streams add constraint log_streams_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table log_streams add constraint log_streams_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table log_streams add constraint log_streams_pkey PRIMARY KEY (id);
alter table log_streams add constraint log_streams_release_id_releases_id_fk FOREIGN KEY (release_id) REFERENCES releases(id) ON DELETE CASCADE;
alter table memberships add constraint memberships_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table memberships add constraint memberships_org_id_user_id_pk PRIMARY KEY (org_id, user_id);
alter table memberships add constraint memberships_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table metric_points add constraint metric_points_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table metric_points add constraint metric_points_instance_id_step_seconds_at_pk PRIMARY KEY (instance_id, step_seconds, at);
alter table metric_points add constraint metric_points_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table networks add constraint networks_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table networks add constraint networks_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table networks add constraint networks_pkey PRIMARY KEY (deployment_id);
alter table organizations add constraint organizations_pkey PRIMARY KEY (id);
alter table platform_facts add constraint platform_facts_pkey PRIMARY KEY (key);
alter table projects add constraint projects_created_by_users_id_fk FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL;
alter table projects add constraint projects_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table projects add constraint projects_pkey PRIMARY KEY (id);
alter table regions add constraint regions_pkey PRIMARY KEY (id);
alter table release_components add constraint release_components_artifact_id_artifacts_id_fk FOREIGN KEY (artifact_id) REFERENCES artifacts(id) ON DELETE RESTRICT;
alter table release_components add constraint release_components_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE CASCADE;
alter table release_components add constraint release_components_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table release_components add constraint release_components_release_id_component_id_pk PRIMARY KEY (release_id, component_id);
alter table release_components add constraint release_components_release_id_releases_id_fk FOREIGN KEY (release_id) REFERENCES releases(id) ON DELETE CASCADE;
alter table release_steps add constraint release_steps_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table release_steps add constraint release_steps_pkey PRIMARY KEY (seq);
alter table release_steps add constraint release_steps_release_id_releases_id_fk FOREIGN KEY (release_id) REFERENCES releases(id) ON DELETE CASCADE;
alter table releases add constraint releases_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table releases add constraint releases_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table releases add constraint releases_pkey PRIMARY KEY (id);
alter table releases add constraint releases_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table releases add constraint releases_region_id_regions_id_fk FOREIGN KEY (region_id) REFERENCES regions(id) ON DELETE RESTRICT;
alter table releases add constraint releases_requested_by_users_id_fk FOREIGN KEY (requested_by) REFERENCES users(id) ON DELETE SET NULL;
alter table releases add constraint releases_tag_id_tags_id_fk FOREIGN KEY (tag_id) REFERENCES tags(id) ON DELETE SET NULL;
alter table repositories add constraint repositories_credential_id_credentials_id_fk FOREIGN KEY (credential_id) REFERENCES credentials(id) ON DELETE SET NULL;
alter table repositories add constraint repositories_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table repositories add constraint repositories_pkey PRIMARY KEY (id);
alter table repositories add constraint repositories_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table sessions add constraint sessions_pkey PRIMARY KEY (id);
alter table sessions add constraint sessions_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table sign_in_attempts add constraint sign_in_attempts_key_window_start_pk PRIMARY KEY (key, window_start);
alter table ssh_keys add constraint ssh_keys_pkey PRIMARY KEY (id);
alter table ssh_keys add constraint ssh_keys_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table tags add constraint tags_created_by_users_id_fk FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL;
alter table tags add constraint tags_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table tags add constraint tags_pkey PRIMARY KEY (id);
alter table tags add constraint tags_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table usage_intervals add constraint usage_intervals_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table usage_intervals add constraint usage_intervals_pkey PRIMARY KEY (id);
alter table users add constraint users_pkey PRIMARY KEY (id);
alter table variables add constraint variables_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE CASCADE;
alter table variables add constraint variables_created_by_users_id_fk FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL;
alter table variables add constraint variables_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE CASCADE;
alter table variables add constraint variables_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table variables add constraint variables_pkey PRIMARY KEY (id);
alter table variables add constraint variables_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;
alter table volumes add constraint volumes_component_id_components_id_fk FOREIGN KEY (component_id) REFERENCES components(id) ON DELETE RESTRICT;
alter table volumes add constraint volumes_deployment_id_deployments_id_fk FOREIGN KEY (deployment_id) REFERENCES deployments(id) ON DELETE RESTRICT;
alter table volumes add constraint volumes_org_id_organizations_id_fk FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table volumes add constraint volumes_pkey PRIMARY KEY (id);
alter table volumes add constraint volumes_project_id_projects_id_fk FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE RESTRICT;
alter table volumes add constraint volumes_region_id_regions_id_fk FOREIGN KEY (region_id) REFERENCES regions(id) ON DELETE RESTRICT;

-- indexes
CREATE INDEX artifacts_to_remove ON public.artifacts USING btree (removed_at) WHERE ((removed_at IS NOT NULL) AND (image_gone_at IS NULL));
CREATE INDEX audit_org ON public.audit_entries USING btree (org_id, seq);
CREATE INDEX branch_tips_org ON public.branch_tips USING btree (org_id);
CREATE INDEX components_project ON public.components USING btree (org_id, project_id);
CREATE INDEX credentials_org ON public.credentials USING btree (org_id);
CREATE INDEX data_jobs_deployment ON public.data_jobs USING btree (org_id, deployment_id, created_at);
CREATE INDEX data_jobs_waiting ON public.data_jobs USING btree (created_at) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));
CREATE INDEX deployment_events_deployment ON public.deployment_events USING btree (org_id, deployment_id, seq);
CREATE INDEX deployment_events_org ON public.deployment_events USING btree (org_id, seq);
CREATE INDEX deployments_org ON public.deployments USING btree (org_id, project_id);
CREATE INDEX identities_user ON public.identities USING btree (user_id);
CREATE INDEX instance_releases_release ON public.instance_releases USING btree (release_id);
CREATE INDEX instances_deployment ON public.instances USING btree (org_id, deployment_id, state);
CREATE INDEX instances_retired_by ON public.instances USING btree (retired_by);
CREATE INDEX log_streams_deployment ON public.log_streams USING btree (org_id, deployment_id, created_at);
CREATE INDEX log_streams_instance ON public.log_streams USING btree (instance_id);
CREATE INDEX log_streams_release ON public.log_streams USING btree (release_id);
CREATE INDEX memberships_user ON public.memberships USING btree (user_id);
CREATE INDEX metric_points_age ON public.metric_points USING btree (step_seconds, at);
CREATE INDEX metric_points_window ON public.metric_points USING btree (org_id, deployment_id, step_seconds, at);
CREATE INDEX release_components_artifact ON public.release_components USING btree (artifact_id);
CREATE INDEX release_steps_release ON public.release_steps USING btree (release_id, seq);
CREATE INDEX releases_active ON public.releases USING btree (region_id, org_id) WHERE (state = ANY (ARRAY['fetching'::text, 'building'::text, 'storing'::text, 'starting'::text, 'checking'::text, 'hook'::text, 'switching'::text, 'cancelling'::text]));
CREATE INDEX releases_deployment ON public.releases USING btree (org_id, deployment_id, created_at);
CREATE INDEX releases_served ON public.releases USING btree (region_id, org_id, started_at);
CREATE INDEX releases_tag ON public.releases USING btree (tag_id) WHERE (tag_id IS NOT NULL);
CREATE INDEX releases_waiting ON public.releases USING btree (region_id, lane, created_at) WHERE (state = ANY (ARRAY['held'::text, 'queued'::text]));
CREATE INDEX releases_working ON public.releases USING btree (due_at) WHERE (state = ANY (ARRAY['fetching'::text, 'building'::text, 'storing'::text, 'starting'::text, 'checking'::text, 'hook'::text, 'switching'::text, 'cancelling'::text, 'retiring'::text]));
CREATE INDEX repositories_project ON public.repositories USING btree (org_id, project_id);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id, created_at);
CREATE INDEX sign_in_attempts_window ON public.sign_in_attempts USING btree (window_start);
CREATE INDEX ssh_keys_user ON public.ssh_keys USING btree (user_id);
CREATE INDEX tags_project ON public.tags USING btree (org_id, project_id, created_at);
CREATE INDEX usage_intervals_deployment ON public.usage_intervals USING btree (deployment_id, ended_at);
CREATE INDEX usage_intervals_org ON public.usage_intervals USING btree (org_id, ended_at);
CREATE INDEX variables_deployment ON public.variables USING btree (deployment_id);
CREATE INDEX variables_project ON public.variables USING btree (org_id, project_id, replaced_at);
CREATE INDEX volumes_deployment ON public.volumes USING btree (org_id, deployment_id);
CREATE INDEX volumes_unsettled ON public.volumes USING btree (state, place);
CREATE UNIQUE INDEX artifacts_key ON public.artifacts USING btree (org_id, build_key) WHERE (removed_at IS NULL);
CREATE UNIQUE INDEX components_name ON public.components USING btree (project_id, name);
CREATE UNIQUE INDEX deployments_handle ON public.deployments USING btree (handle);
CREATE UNIQUE INDEX deployments_slug ON public.deployments USING btree (project_id, slug);
CREATE UNIQUE INDEX dump_schedules_component ON public.dump_schedules USING btree (deployment_id, component_id);
CREATE UNIQUE INDEX instances_address ON public.instances USING btree (deployment_id, address) WHERE (address_free_at IS NULL);
CREATE UNIQUE INDEX instances_identity ON public.instances USING btree (started_by, component_id, hook, ordinal);
CREATE UNIQUE INDEX invitations_open ON public.invitations USING btree (org_id, email) WHERE (used_at IS NULL);
CREATE UNIQUE INDEX invitations_token ON public.invitations USING btree (token_hash);
CREATE UNIQUE INDEX networks_index ON public.networks USING btree (region_id, index);
CREATE UNIQUE INDEX organizations_slug ON public.organizations USING btree (slug);
CREATE UNIQUE INDEX projects_slug ON public.projects USING btree (org_id, slug);
CREATE UNIQUE INDEX regions_slug ON public.regions USING btree (slug);
CREATE UNIQUE INDEX releases_number ON public.releases USING btree (deployment_id, number);
CREATE UNIQUE INDEX releases_one_active ON public.releases USING btree (deployment_id) WHERE (state = ANY (ARRAY['fetching'::text, 'building'::text, 'storing'::text, 'starting'::text, 'checking'::text, 'hook'::text, 'switching'::text, 'cancelling'::text]));
CREATE UNIQUE INDEX ssh_keys_blob ON public.ssh_keys USING btree (blob);
CREATE UNIQUE INDEX tags_name ON public.tags USING btree (project_id, lower(name));
CREATE UNIQUE INDEX users_email ON public.users USING btree (email);
CREATE UNIQUE INDEX volumes_name ON public.volumes USING btree (deployment_id, component_id, name) WHERE (state = 'active'::text);

-- row level security
alter table artifacts enable row level security;
alter table audit_entries enable row level security;
alter table branch_tips enable row level security;
alter table components enable row level security;
alter table credentials enable row level security;
alter table data_jobs enable row level security;
alter table deployment_events enable row level security;
alter table deployments enable row level security;
alter table drafts enable row level security;
alter table dump_schedules enable row level security;
alter table instance_releases enable row level security;
alter table instances enable row level security;
alter table invitations enable row level security;
alter table log_chunks enable row level security;
alter table log_streams enable row level security;
alter table memberships enable row level security;
alter table metric_points enable row level security;
alter table networks enable row level security;
alter table organizations enable row level security;
alter table projects enable row level security;
alter table release_components enable row level security;
alter table release_steps enable row level security;
alter table releases enable row level security;
alter table repositories enable row level security;
alter table tags enable row level security;
alter table usage_intervals enable row level security;
alter table variables enable row level security;
alter table volumes enable row level security;

-- policies
create policy one_organization on artifacts for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on audit_entries for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on branch_tips for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on components for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on credentials for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on data_jobs for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on deployment_events for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on deployments for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on drafts for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on dump_schedules for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on instance_releases for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on instances for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on invitations for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on log_chunks for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on log_streams for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on memberships for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on metric_points for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on networks for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on organizations for all to slipway_tenant using ((id = current_setting('app.org'::text, true))) with check ((id = current_setting('app.org'::text, true)));
create policy one_organization on projects for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on release_components for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on release_steps for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on releases for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on repositories for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on tags for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on usage_intervals for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on variables for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));
create policy one_organization on volumes for all to slipway_tenant using ((org_id = current_setting('app.org'::text, true))) with check ((org_id = current_setting('app.org'::text, true)));

-- triggers
CREATE TRIGGER deployment_events_number BEFORE INSERT ON public.deployment_events FOR EACH ROW EXECUTE FUNCTION slipway_event_number();
CREATE TRIGGER instances_usage AFTER INSERT OR DELETE OR UPDATE ON public.instances FOR EACH ROW EXECUTE FUNCTION slipway_instance_usage();
CREATE TRIGGER log_chunks_notice AFTER INSERT ON public.log_chunks FOR EACH ROW EXECUTE FUNCTION slipway_chunk_notice();
CREATE TRIGGER release_steps_usage_end AFTER UPDATE ON public.release_steps FOR EACH ROW WHEN ((new.state = 'building'::text)) EXECUTE FUNCTION slipway_build_usage();
CREATE TRIGGER release_steps_usage_gone AFTER DELETE ON public.release_steps FOR EACH ROW WHEN ((old.state = 'building'::text)) EXECUTE FUNCTION slipway_build_usage();
CREATE TRIGGER release_steps_usage_start AFTER INSERT ON public.release_steps FOR EACH ROW WHEN ((new.state = 'building'::text)) EXECUTE FUNCTION slipway_build_usage();

-- functions
CREATE OR REPLACE FUNCTION public.slipway_add_job(name text, payload json, key text, run_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
begin
  perform graphile_worker.add_job(name, payload, max_attempts => 1, job_key => key, job_key_mode => 'replace', run_at => run_at);
end $function$
;
CREATE OR REPLACE FUNCTION public.slipway_build_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.slipway_chunk_notice()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('slipway_logs', json_build_object('stream', new.stream_id, 'org', new.org_id, 'deployment', s.deployment_id, 'release', s.release_id)::text)
    from log_streams s where s.id = new.stream_id;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION public.slipway_event_number()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended(new.org_id, 77));
  new.seq := nextval('deployment_events_seq_seq');
  perform pg_notify('slipway_events', json_build_object('org', new.org_id, 'deployment', new.deployment_id, 'release', new.release_id, 'kind', new.kind, 'seq', new.seq)::text);
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION public.slipway_guard_tables()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.slipway_instance_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
end $function$
;
