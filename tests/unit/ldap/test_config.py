"""What is unsafe or inconsistent is refused before anything is opened, with the field and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.ldap.config import LdapConfig

GOOD: dict[str, Any] = {
    "urls": ["ldaps://ldap.example.org"],
    "bind": {"method": "simple", "dn": "cn=bridge,dc=example,dc=org", "password": "file:/secret"},
    "base": "dc=example,dc=org",
    "object_types": {
        "user": {"structural_class": "inetOrgPerson", "naming_attribute": "uid", "base": "ou=people,dc=example,dc=org"}
    },
}


def config(**changed: Any) -> LdapConfig:
    return LdapConfig.model_validate({**GOOD, **changed})


def test_every_field_has_a_sentence():
    assert all(field.description for field in LdapConfig.model_fields.values())


@pytest.mark.parametrize(
    "changed",
    [
        {"urls": ["ldap://ldap.example.org"]},
        {"urls": ["ldapi://%2Frun%2Fslapd%2Fldapi"], "bind": {"method": "external"}},
        {"urls": ["ldap://127.0.0.1:3890", "ldap://[::1]:3890"], "protection": "none"},
        {"bind": {"method": "external"}, "tls": {"certificate_file": "/c.pem", "key_file": "/c.key"}},
    ],
)
def test_what_is_allowed(changed: dict[str, Any]):
    assert config(**changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"urls": ["ldap://ldap.example.org"], "protection": "none"}, "password in clear"),
        (
            {"urls": ["ldap://localhost"], "protection": "none", "bind": {"method": "external"}},
            "EXTERNAL bind needs TLS",
        ),
        ({"bind": {"method": "external"}}, "certificate_file and tls.key_file"),
        ({"tls": {"certificate_file": "/c.pem"}}, "come together"),
        ({"urls": ["https://ldap.example.org"]}, "begins with"),
        ({"urls": ["ldaps://ldap.example.org/dc=x"]}, "ends after host and port"),
        ({"urls": []}, "at least 1"),
        ({"base": "nonsense"}, "not a DN"),
        ({"base": "dc=elsewhere"}, "lies outside base"),
        ({"bind": {"method": "simple", "dn": "cn=x", "password": "hunter2"}}, "as a reference"),
        ({"protection": "off"}, "required"),
        ({"verify": False}, "Extra inputs"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said) as raised:
        config(**changed)
    assert "hunter2" not in str(raised.value)


def test_faults_between_options_are_told_together_each_at_one_of_them():
    with pytest.raises(ValidationError) as raised:
        config(urls=["ldap://ldap.example.org"], protection="none", base="dc=elsewhere", page_size=0)
    assert {each["loc"] for each in raised.value.errors()} == {("bind",), ("object_types",), ("page_size",)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"base": ["ou=a,dc=example,dc=org", "ou=b,OU=A,dc=example,dc=org"]}, "lies below another"),
        ({"base": []}, "at least 1"),
        ({"base": ["ou=a,dc=example,dc=org", "ou=b,dc=elsewhere"]}, "lies outside base"),
        ({"last_member": "placeholder"}, "come together"),
        ({"placeholder_dn": "cn=nobody,dc=example,dc=org"}, "come together"),
    ],
)
def test_an_object_type_that_cannot_be_is_told(changed: dict[str, Any], said: str):
    user = {"structural_class": "person", "naming_attribute": "cn", "base": "ou=a,dc=example,dc=org"}
    with pytest.raises(ValidationError, match=said):
        config(object_types={"user": {**user, **changed}})
