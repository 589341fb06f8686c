/** The program in the image of MariaDB. `database` runs it, `database dump` writes a dump to stdout, `database restore` reads one. */
export const mariadbScript = String.raw`#!/bin/sh
# MariaDB on the volume /data. The first start makes the tables beside their place and moves them there when they are whole.
set -eu
data=/data/mariadb
new=/data/mariadb.new
run=/tmp/mariadb
socket=$run/mysqld.sock

case "$*" in
dump)
  exec mariadb-dump --socket "$socket" --user root --single-transaction --routines --triggers --events --databases "$MARIADB_DATABASE" --add-drop-database
  ;;
restore)
  exec mariadb --socket "$socket" --user root
  ;;
esac

[ -d /data ] || { echo 'There is no volume at /data.' >&2; exit 1; }
install -d -o mysql -g mysql -m 700 "$run"
if [ ! -d "$data/mysql" ]; then
  rm -rf "$new"
  install -d -o mysql -g mysql -m 700 "$new"
  mariadb-install-db --user=mysql --datadir="$new" --auth-root-authentication-method=normal --skip-test-db >/dev/null
  sync
  mv "$new" "$data"
  echo 'New MariaDB tables were made.'
fi
# Executed at each start, before anybody can connect: the user has the password of the environment. Root is for the socket only.
umask 077
cat >"$run/init.sql" <<SQL
create database if not exists \`$MARIADB_DATABASE\`;
create user if not exists '$MARIADB_USER'@'%' identified by '$MARIADB_PASSWORD';
alter user '$MARIADB_USER'@'%' identified by '$MARIADB_PASSWORD';
grant all on \`$MARIADB_DATABASE\`.* to '$MARIADB_USER'@'%';
delete from mysql.global_priv where User = 'root' and Host <> 'localhost';
alter user root@localhost identified via unix_socket;
flush privileges;
SQL
chown mysql:mysql "$run/init.sql"
exec mariadbd --no-defaults --user=mysql --datadir="$data" --socket="$socket" --pid-file="$run/mysqld.pid" --init-file="$run/init.sql" \
  --bind-address=0.0.0.0 --port="$PORT" --skip-name-resolve --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci
`;
