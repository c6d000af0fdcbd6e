"""What no request may touch, from the configuration and from the kind of server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ldap.conditions import any_of, equal
from adapters.ldap.config import LdapConfig
from adapters.ldap.protection import protection
from bridge.sdk import PermissionDeniedError


def _config(**changed: Any) -> LdapConfig:
    user = {"structural_class": "person", "naming_attribute": "cn", "base": "dc=lab"}
    settings = {
        "urls": ["ldaps://a"],
        "bind": {"method": "simple", "dn": "cn=Bridge,dc=lab", "password": "file:/x"},
        "base": "dc=lab",
        "object_types": {"user": user},
    }
    return LdapConfig.model_validate({**settings, **changed})


@pytest.mark.parametrize("name", ["CN=bridge, DC=lab", "ou=vault,dc=lab", "cn=a,ou=VAULT,dc=lab"])
def test_our_own_account_and_listed_subtrees_are_protected(name: str):
    guarded = protection(_config(protected={"dns": ["ou=vault,dc=lab"]}), ())
    with pytest.raises(PermissionDeniedError, match="protected"):
        guarded.check_name(name)
    guarded.check_name("cn=a,dc=lab")


def test_the_kinds_filters_stay_whatever_is_configured():
    configured = protection(_config(protected={"filters": ["(ou=x)"]}), [equal("adminCount", b"1")])
    assert configured.filter == any_of([equal("adminCount", b"1"), equal("ou", b"x")])
    assert protection(_config(), ()).filter == b""


def test_a_filter_that_is_none_is_refused_with_the_configuration():
    with pytest.raises(ValueError, match="no filter begins"):
        _config(protected={"filters": ["ou=x"]})
