#!/bin/bash
# Starts slapd for dc=lab,dc=test. The first start makes the certificates and the database; a restart keeps both.
#
#   LDAP_ADMIN_PASSWORD  of cn=admin,dc=lab,dc=test            (admin)
#   SLAPD_DBNOSYNC       1: no fsync, for speed                (0)
#   SLAPD_MEMBEROF       1: keep memberOf on members           (0)
#   SLAPD_REFINT         0: no referential integrity           (1)
#   SLAPD_MAXSIZE        bytes per database                    (4 GiB, a sparse file)
#   SLAPD_DEBUG          slapd -d, e.g. stats                  (none)
#   SLAPD_PORT, SLAPD_TLS_PORT                                 (389, 636)
#   SLAPD_PEER           url of another such server: each takes over what the other was told; the two differ in
#   SLAPD_SERVER_ID      and the one that is not 1 begins empty (1)
set -euo pipefail

: "${LDAP_ADMIN_PASSWORD:=admin}" "${SLAPD_DBNOSYNC:=0}" "${SLAPD_MEMBEROF:=0}" "${SLAPD_REFINT:=1}"
: "${SLAPD_MAXSIZE:=4294967296}" "${SLAPD_DEBUG:=none}"
: "${SLAPD_PORT:=389}" "${SLAPD_TLS_PORT:=636}" "${SLAPD_PEER:=}" "${SLAPD_SERVER_ID:=1}"

admin="cn=admin,dc=lab,dc=test"
# An account with rights, unlike the administrator, who has all of them: policies and limits hold for it.
account="cn=bridge,dc=lab,dc=test"
nosync=$([ "$SLAPD_DBNOSYNC" = 1 ] && echo dbnosync || true)

# slapd reserves memory for every descriptor it may open; an engine often allows a billion.
ulimit -n 8192

issue() { # issue NAME SUBJECT EXTENSIONS
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out "$1.pem" \
        -extfile <(printf '%s\n' "$3")
}

make_certificates() {
    mkdir -p /tls && cd /tls
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout ca.key -out ca.pem \
        -subj "/CN=Lab CA" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    issue server "/CN=localhost" $'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth'
    issue client "/O=lab/CN=bridge" "extendedKeyUsage=clientAuth"
    chown openldap server.key
    cd /
}

memberof() {
    [ "$SLAPD_MEMBEROF" = 1 ] || return 0
    cat <<'C'
overlay memberof
memberof-group-oc groupOfNames
memberof-member-ad member
memberof-memberof-ad memberOf
memberof-refint TRUE
C
}

replication() {
    [ -n "$SLAPD_PEER" ] || return 0
    cat <<C
syncrepl rid=001 provider=$SLAPD_PEER type=refreshAndPersist retry="1 +" searchbase="dc=lab,dc=test"
    bindmethod=simple binddn="$admin" credentials="$LDAP_ADMIN_PASSWORD"
multiprovider on
C
}

refint() {
    [ "$SLAPD_REFINT" = 1 ] || return 0
    cat <<'C'
overlay refint
refint_attributes member uniqueMember manager owner
refint_nothing cn=nobody,dc=lab,dc=test
C
}

configure() {
    cat <<C
serverID $SLAPD_SERVER_ID
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload back_monitor
moduleload accesslog
moduleload memberof
moduleload ppolicy
moduleload refint
moduleload sssvlv
moduleload syncprov
moduleload unique
pidfile /run/slapd/slapd.pid
loglevel none
TLSCACertificateFile /tls/ca.pem
TLSCertificateFile /tls/server.pem
TLSCertificateKeyFile /tls/server.key
TLSVerifyClient try
authz-regexp "^gidNumber=0[+]uidNumber=0,cn=peercred,cn=external,cn=auth\$" "$admin"
authz-regexp "^cn=bridge,o=lab\$" "$admin"

# Rights may be changed while it runs; after a restart they are these again.
database config
rootdn $admin

database mdb
suffix cn=accesslog
rootdn $admin
directory /data/log
maxsize $SLAPD_MAXSIZE
$nosync
index default eq
index entryCSN,objectClass,reqEnd,reqResult,reqStart,reqDN
limits dn.exact="$account" size.prtotal=unlimited
# What the log says of a change, without the values, among which are passwords.
access to attrs=entry,objectClass,entryUUID,reqStart,reqType,reqDN,reqNewDN,reqResult,reqEntryUUID
    by dn.exact="$admin" read by dn.exact="$account" read
access to * by dn.exact="$admin" read
overlay syncprov
syncprov-nopresent TRUE
syncprov-reloadhint TRUE

database mdb
suffix dc=lab,dc=test
rootdn $admin
rootpw $LDAP_ADMIN_PASSWORD
directory /data/db
maxsize $SLAPD_MAXSIZE
$nosync
index objectClass,uid,cn,sn,mail,member,uniqueMember,memberOf,memberUid,uidNumber,gidNumber,entryUUID,entryCSN eq
limits dn.exact="$account" size=500 size.pr=1000 size.prtotal=unlimited
limits * size=50 size.pr=20 size.prtotal=unlimited
access to attrs=userPassword by dn.exact="$account" write by self write by anonymous auth by * none
access to * by dn.exact="$account" write by * read
$(memberof)
$(refint)
overlay unique
unique_uri ldap:///?mail?sub
overlay ppolicy
ppolicy_default cn=default,ou=policies,dc=lab,dc=test
ppolicy_hash_cleartext
# Before accesslog: the other way round, writes of several threads get their times in one order and go out in another,
# and the server that takes them over skips some for good.
overlay syncprov
syncprov-checkpoint 100 10
syncprov-sessionlog 10000
overlay accesslog
logdb cn=accesslog
logops writes
logsuccess TRUE
logpurge 07+00:00 01+00:00
$(replication)

database mdb
suffix o=annex
rootdn $admin
directory /data/annex
maxsize $SLAPD_MAXSIZE
$nosync
index objectClass,uid,entryUUID,entryCSN eq
access to * by dn.exact="$account" write by * read

database monitor
C
}

install -d -o openldap -g openldap /run/slapd /data /data/db /data/log /data/annex
configure > /run/slapd.conf
chgrp openldap /run/slapd.conf && chmod 640 /run/slapd.conf
if [ ! -e /data/ready ]; then
    make_certificates 2>/dev/null
    [ "$SLAPD_SERVER_ID" != 1 ] || slapadd -q -S 1 -w -f /run/slapd.conf -b dc=lab,dc=test -l /seed.ldif
    slapadd -q -f /run/slapd.conf -b o=annex <<< $'dn: o=annex\nobjectClass: organization\no: annex'
    chown -R openldap:openldap /data
    touch /data/ready
fi
exec /usr/sbin/slapd -f /run/slapd.conf -h "ldap://:$SLAPD_PORT ldaps://:$SLAPD_TLS_PORT ldapi:///" -u openldap -g openldap -d "$SLAPD_DEBUG"
