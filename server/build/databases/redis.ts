/** The program in the image of Redis. `database` runs it, `database dump` writes a dump to stdout, `database restore` reads one. */
export const redisScript = String.raw`#!/bin/sh
# Redis on the volume /data, each write in its append-only file.
set -eu
data=/data/redis
export REDISCLI_AUTH="$REDIS_PASSWORD"
port=$PORT
as='setpriv --reuid=redis --regid=redis --init-groups'

case "$*" in
dump)
  exec redis-cli -p "$port" --rdb - 2>/dev/null
  ;;
restore)
  # A second server reads the dump, and this one copies all of it: a dump that cannot be read changes nothing.
  beside=$(mktemp -d -p "$data")
  trap 'redis-cli -p 6390 shutdown nosave >/dev/null 2>&1 || true; rm -rf "$beside"' EXIT
  cat >"$beside/dump.rdb"
  chown -R redis:redis "$beside"
  printf '%s\n' 'port 6390' 'bind 127.0.0.1' "dir $beside" 'save ""' "requirepass $REDIS_PASSWORD" 'daemonize yes' | $as redis-server - >/dev/null
  tries=0
  until [ "$(redis-cli -p 6390 ping 2>/dev/null)" = PONG ]; do
    tries=$((tries + 1)); [ "$tries" -lt 600 ] || { echo 'The dump cannot be read.' >&2; exit 1; }
    sleep 0.1
  done
  redis-cli -p "$port" config set masterauth "$REDIS_PASSWORD" >/dev/null
  redis-cli -p "$port" replicaof 127.0.0.1 6390 >/dev/null
  until redis-cli -p "$port" info replication | grep -q 'master_link_status:up'; do
    tries=$((tries + 1)); [ "$tries" -lt 6000 ] || { redis-cli -p "$port" replicaof no one >/dev/null; echo 'The dump was not taken over.' >&2; exit 1; }
    sleep 0.1
  done
  redis-cli -p "$port" replicaof no one >/dev/null
  exit 0
  ;;
esac

[ -d /data ] || { echo 'There is no volume at /data.' >&2; exit 1; }
install -d -o redis -g redis -m 700 "$data"
umask 077
printf '%s\n' "port $port" 'bind 0.0.0.0' 'protected-mode no' "dir $data" 'appendonly yes' 'save 3600 1 300 100' "requirepass $REDIS_PASSWORD" >/tmp/redis.conf
chown redis:redis /tmp/redis.conf
exec $as redis-server /tmp/redis.conf
`;
