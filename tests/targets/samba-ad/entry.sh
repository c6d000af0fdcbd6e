#!/bin/bash
# Starts a domain controller for lab.test. The first start provisions the domain; a restart keeps it.
#
#   AD_ADMIN_PASSWORD  of the built-in Administrator  (Passw0rd!1)
set -euo pipefail

: "${AD_ADMIN_PASSWORD:=Passw0rd!1}"

configuration=/etc/samba/smb.conf
sam=/var/lib/samba/private/sam.ldb

provision() {
    rm -f "$configuration"
    samba-tool domain provision --realm=LAB.TEST --domain=LAB --server-role=dc --dns-backend=NONE \
        --adminpass="$AD_ADMIN_PASSWORD" --host-name=dc1 --use-rfc2307
    # A directory and nothing else: no file server, no DNS.
    sed -i 's/^\tserver services = .*/\tserver services = rpc, ldap, cldap, kdc/' "$configuration"
    # As a domain controller of Windows: a bind by Kerberos inside TLS need not encrypt once more.
    sed -i 's/^\[global\]/[global]\n\tldap server require strong auth = allow_sasl_over_tls/' "$configuration"
}

make_certificate() {
    mkdir -p /tls && cd /tls
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout ca.key -out ca.pem -subj "/CN=Lab CA" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=localhost"
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem \
        -extfile <(printf 'subjectAltName=DNS:localhost,DNS:dc1.lab.test,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n')
    chmod 600 server.key
    cd /
    local options='\ttls certfile = /tls/server.pem\n\ttls keyfile = /tls/server.key\n\ttls cafile = /tls/ca.pem'
    sed -i "s|^\[global\]|[global]\n$options|" "$configuration"
}

# The mark of Microsoft's cloud sync came with the schema of Windows Server 2016, Samba 4.17 has that of 2012 R2.
extend_schema() {
    local schema="CN=Schema,CN=Configuration,DC=lab,DC=test" allowed=(--option="dsdb:schema update allowed=true")
    ldbadd -H "$sam" "${allowed[@]}" <<L
dn: CN=ms-DS-External-Directory-Object-Id,$schema
objectClass: attributeSchema
attributeID: 1.2.840.113556.1.4.2310
lDAPDisplayName: msDS-ExternalDirectoryObjectId
attributeSyntax: 2.5.5.12
oMSyntax: 64
isSingleValued: TRUE
L
    ldbmodify -H "$sam" "${allowed[@]}" <<L
dn: CN=Organizational-Person,$schema
changetype: modify
add: mayContain
mayContain: msDS-ExternalDirectoryObjectId
L
}

# Delta imports: the account lists what was deleted, of which there is something from the start.
see_deleted() { # see_deleted SID
    ldbmodify -H "$sam" --show-deleted <<L
dn: CN=Deleted Objects,DC=lab,DC=test
changetype: modify
replace: nTSecurityDescriptor
nTSecurityDescriptor: O:SYG:SYD:PAI(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)(A;;RPLC;;;BA)(A;;RPLC;;;$1)
L
    samba-tool group add gone --groupou=OU=Groups
    samba-tool group delete gone
}

# What a person would do before handing the domain to the bridge: containers, an account with rights on them alone. Each
# call of samba-tool costs a second or more, those of ldb nothing.
prepare() {
    samba-tool domain passwordsettings set --min-pwd-age=0 --history-length=3 --account-lockout-threshold=3
    for unit in People Groups Former; do
        printf 'dn: OU=%s,DC=lab,DC=test\nobjectClass: organizationalUnit\n\n' "$unit"
    done | ldbadd -H "$sam"
    # What the controller is called by in a bind by Kerberos; it would tell itself with the help of DNS.
    ldbmodify -H "$sam" <<L
dn: CN=DC1,OU=Domain Controllers,DC=lab,DC=test
changetype: modify
add: servicePrincipalName
servicePrincipalName: ldap/dc1.lab.test
L
    samba-tool user create bridge 'Bridge-s3cret!'
    samba-tool domain exportkeytab /bridge.keytab --principal=bridge@LAB.TEST
    local sid
    sid=$(ldbsearch -H "$sam" '(sAMAccountName=bridge)' objectSid | sed -n 's/^objectSid: //p')
    for unit in People Groups Former; do
        # To read, write, make and delete the unit's objects, and to set their passwords.
        samba-tool dsacl set --objectdn="OU=$unit,DC=lab,DC=test" --sddl="(A;CI;RPWPCRCCDCLCLORCSDDTSW;;;$sid)"
    done
    see_deleted "$sid"
}

if [ ! -e /ready ]; then
    { provision && make_certificate && extend_schema && prepare; } > /provision.log 2>&1 || {
        tail -20 /provision.log
        exit 1
    }
    touch /ready
fi
exec samba -i -M single --debug-stdout -d 1
