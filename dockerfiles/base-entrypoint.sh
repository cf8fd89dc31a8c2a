#!/usr/bin/env bash
# Starts Postgres as the entrypoint of the official image does, as far as this project uses it.
#
# Usage: docker-entrypoint.sh [postgres] [-c key=value]…   or any other command, run as it is
#
# Environment, read when the data folder is empty:
#   POSTGRES_PASSWORD       the superuser's password; or POSTGRES_PASSWORD_FILE, a file with it
#   POSTGRES_USER           the superuser (postgres)
#   POSTGRES_DB             a database to create (POSTGRES_USER)
#   POSTGRES_INITDB_ARGS    more arguments for initdb
# PGDATA is the data folder. /docker-entrypoint-initdb.d/*.sql and *.sh run in the new database.
set -euo pipefail

if [[ $# -eq 0 || $1 == -* ]]; then
  set -- postgres "$@"
fi
if [[ $1 != postgres ]]; then
  exec "$@"
fi

if [[ $(id -u) -eq 0 ]]; then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  export HOME=/var/lib/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
fi

initialise() {
  local password=${POSTGRES_PASSWORD:-} user=${POSTGRES_USER:-postgres} database
  if [[ -n ${POSTGRES_PASSWORD_FILE:-} ]]; then
    password=$(<"$POSTGRES_PASSWORD_FILE")
  fi
  database=${POSTGRES_DB:-$user}
  if [[ -z $password ]]; then
    echo "POSTGRES_PASSWORD is not set: the superuser needs a password" >&2
    exit 1
  fi

  local -a more=()
  read -ra more <<<"${POSTGRES_INITDB_ARGS:-}"
  initdb --pgdata="$PGDATA" --username="$user" --pwfile=<(printf '%s\n' "$password") \
    --auth-local=trust --auth-host=scram-sha-256 ${more[@]+"${more[@]}"}
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"

  # On its socket only: whoever waits for TCP must not meet a server that restarts at once.
  pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses=''" start
  local -a psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user" --no-password)
  if [[ $database != postgres ]]; then
    "${psql[@]}" --dbname postgres -v database="$database" <<<'create database :"database";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) "${psql[@]}" --dbname "$database" --file "$file" ;;
      *.sh) bash "$file" ;;
    esac
  done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
}

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  initialise
fi
unset POSTGRES_PASSWORD
exec "$@"
