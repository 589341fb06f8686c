-- A grown log says whose it is, so that one event stream can carry the news of every log of an organization.
create or replace function slipway_chunk_notice() returns trigger language plpgsql as $$
begin
  perform pg_notify('slipway_logs', json_build_object('stream', new.stream_id, 'org', new.org_id, 'deployment', s.deployment_id, 'release', s.release_id)::text)
    from log_streams s where s.id = new.stream_id;
  return null;
end $$;
