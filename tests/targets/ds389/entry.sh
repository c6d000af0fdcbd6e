#!/bin/bash
# Starts 389 Directory Server for dc=lab,dc=test. The first start brings settings and entries; a restart keeps both.
#
#   DS_DURABLE  0: no fsync at the end of a transaction, for speed  (1)
set -euo pipefail

: "${DS_DURABLE:=1}"
instance=/etc/dirsrv/slapd-lab

# The server reserves memory for every descriptor it may open; an engine often allows a billion.
ulimit -n 8192

serve() {
    exec ns-slapd -D "$instance" -i /run/dirsrv/slapd-lab.pid -d 0
}

answers() {
    ldapsearch -x -H ldap://127.0.0.1 -b '' -s base -LLL namingContexts > /dev/null 2>&1
}

change() { # change FILE: as the directory's own administrator
    ldapmodify -x -H ldap://127.0.0.1 -D 'cn=Directory Manager' -w admin-secret -f "$1"
}

# The server takes this setting from its file only.
durability() {
    [ "$DS_DURABLE" = 0 ] || return 0
    sed -i '/^dn: cn=bdb,cn=config,/a nsslapd-db-durable-transaction: off' "$instance/dse.ldif"
}

prepare() {
    durability
    (serve) > /dev/null 2>&1 &
    local server=$!
    until answers; do sleep 0.1; done
    # In this order: the policy has passwords changed that an administrator sets, and the account's is not to be.
    change /seed.ldif
    change /settings.ldif
    # Plugins work from the next start on.
    kill "$server" && wait "$server" || true
    # The changelog's own entry is made by the plugin's first start.
    (serve) > /dev/null 2>&1 &
    server=$!
    until answers; do sleep 0.1; done
    change /changelog.ldif
    kill "$server" && wait "$server" || true
    mkdir -p /tls && cp "$instance/ca.crt" /tls/ca.pem
    touch /ready
}

mkdir -p /run/dirsrv /run/lock/dirsrv && chown dirsrv:dirsrv /run/dirsrv /run/lock/dirsrv
[ -e /ready ] || prepare > /prepare.log 2>&1 || { cat /prepare.log; exit 1; }
echo "the directory starts"
serve
