/** The program in the image of PostgreSQL. `database` runs it, `database dump` writes a dump to stdout, `database restore` reads one. */
export const postgresqlScript = String.raw`#!/bin/sh
# PostgreSQL on the volume /data. The first start makes the cluster beside its place and moves it there when it is whole.
set -eu
bin=/usr/lib/postgresql/15/bin
data=/data/postgresql
new=/data/postgresql.new
run=/tmp/postgresql
as='setpriv --reuid=postgres --regid=postgres --init-groups'

case "$*" in
dump)
  exec $as "$bin/pg_dump" --host "$run" --username "$POSTGRES_USER" --format custom --compress 6 "$POSTGRES_DB"
  ;;
restore)
  # Into a database beside, which takes the place of the old one only when everything is in it.
  sql() { $as "$bin/psql" --host "$run" --username "$POSTGRES_USER" --dbname postgres --quiet --set ON_ERROR_STOP=1; }
  printf '%s\n' 'drop database if exists slipway_restored with (force);' 'create database slipway_restored;' | sql
  $as "$bin/pg_restore" --host "$run" --username "$POSTGRES_USER" --dbname slipway_restored --no-owner --exit-on-error
  printf '%s\n' \
    "alter database \"$POSTGRES_DB\" with allow_connections false;" \
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = '$POSTGRES_DB';" \
    "drop database \"$POSTGRES_DB\" with (force);" \
    "alter database slipway_restored rename to \"$POSTGRES_DB\";" | sql >/dev/null
  exit 0
  ;;
esac

[ -d /data ] || { echo 'There is no volume at /data.' >&2; exit 1; }
install -d -o postgres -g postgres -m 700 "$run"
if [ ! -s "$data/PG_VERSION" ]; then
  rm -rf "$new"
  install -d -o postgres -g postgres -m 700 "$new"
  $as "$bin/initdb" --pgdata "$new" --username "$POSTGRES_USER" --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  printf "create database \"%s\";\n" "$POSTGRES_DB" | $as "$bin/postgres" --single -j -D "$new" postgres >/dev/null
  sync
  mv "$new" "$data"
  echo 'A new PostgreSQL cluster was made.'
fi
chown postgres:postgres "$data"
# The password is that of the environment: after each start the current one is in force.
printf "alter role \"%s\" with password '%s';\n" "$POSTGRES_USER" "$POSTGRES_PASSWORD" | $as "$bin/postgres" --single -j -D "$data" postgres >/dev/null
exec $as "$bin/postgres" -D "$data" -c listen_addresses='*' -c port="$PORT" -c unix_socket_directories="$run" \
  -c dynamic_shared_memory_type=mmap -c log_timezone=UTC -c timezone=UTC
`;
