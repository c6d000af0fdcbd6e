#!/bin/sh
# Starts MariaDB. The first start makes the data directory, the database and the login; a restart keeps them.
#
#   MARIADB_USER, MARIADB_PASSWORD, MARIADB_DATABASE   as in the official image  (bridge, bridge, lab)
#   MARIADB_FSYNC                                      on | off                  (on)
#   MARIADB_OPTIONS                                    more options of mariadbd
set -eu

data=/mariadb
: "${MARIADB_USER:=bridge}" "${MARIADB_PASSWORD:=bridge}" "${MARIADB_DATABASE:=lab}"
: "${MARIADB_FSYNC:=on}" "${MARIADB_OPTIONS:=}"

# The login may do everything, so that tests can make databases and lesser logins.
make_database() {
    mariadb-install-db --no-defaults --datadir="$data" --user=mysql --auth-root-authentication-method=normal \
        --skip-test-db
    mariadbd --no-defaults --datadir="$data" --user=mysql --bootstrap << SQL
FLUSH PRIVILEGES;
CREATE DATABASE \`$MARIADB_DATABASE\` CHARACTER SET utf8mb4;
CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY '$MARIADB_PASSWORD';
GRANT ALL ON *.* TO '$MARIADB_USER'@'%' WITH GRANT OPTION;
SQL
}

install -d -o mysql -g mysql -m 700 "$data"
install -d -o mysql -g mysql /run/mysqld
[ -e "$data/ready" ] || { make_database > /dev/null 2>&1 && touch "$data/ready"; }
[ "$MARIADB_FSYNC" = on ] && flush=1 || flush=0
# shellcheck disable=SC2086 # options are words
exec setpriv --reuid=mysql --regid=mysql --init-groups \
    mariadbd --no-defaults --datadir="$data" --bind-address=0.0.0.0 --port=3306 --skip-name-resolve \
    --innodb-flush-log-at-trx-commit="$flush" $MARIADB_OPTIONS
