#!/bin/sh
# Starts PostgreSQL. The first start makes the cluster; a restart keeps it.
#
#   POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB   as in the official image  (postgres, postgres, the user's name)
#   POSTGRES_FSYNC                                  on | off                  (on)
#   POSTGRES_OPTIONS                                more options of postgres
set -eu

export PATH="/usr/lib/postgresql/15/bin:$PATH" PGDATA=/pgdata
: "${POSTGRES_USER:=postgres}" "${POSTGRES_PASSWORD:=postgres}" "${POSTGRES_FSYNC:=on}" "${POSTGRES_OPTIONS:=}"
: "${POSTGRES_DB:=$POSTGRES_USER}"

as_postgres() {
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

# UTF8 is said aloud: a bare container has no locale, and PostgreSQL would then choose SQL_ASCII.
make_cluster() {
    (umask 077 && echo "$POSTGRES_PASSWORD" > /run/password && chown postgres /run/password)
    as_postgres initdb -E UTF8 --locale=C.UTF-8 -U "$POSTGRES_USER" --pwfile=/run/password -A scram-sha-256 --no-sync
    rm /run/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    [ "$POSTGRES_DB" = postgres ] && return
    echo "CREATE DATABASE \"$POSTGRES_DB\"" | as_postgres postgres --single -j postgres
}

install -d -o postgres -g postgres -m 700 "$PGDATA"
install -d -o postgres -g postgres /run/postgresql
[ -e "$PGDATA/ready" ] || { make_cluster > /dev/null && touch "$PGDATA/ready"; }
# shellcheck disable=SC2086 # options are words
exec setpriv --reuid=postgres --regid=postgres --init-groups \
    postgres -c listen_addresses='*' -c fsync="$POSTGRES_FSYNC" $POSTGRES_OPTIONS
