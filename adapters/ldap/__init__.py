"""Provisioning to LDAP directories: users, groups, memberships, passwords."""

from bridge.sdk import AdapterSpec

ADAPTER = AdapterSpec(
    name="ldap",
    config="adapters.ldap.config:LdapConfig",
    adapter="adapters.ldap.adapter:LdapAdapter",
    extra="ldap",
    # One connection takes what the server can write: requests are pipelined.
    workers=1,
)
