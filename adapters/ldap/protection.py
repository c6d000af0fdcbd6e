"""Entries that no request touches: the server kind's own list, what the configuration adds, our own account.

Built by `schema`; asked by `addressing`, `lookup` and `plans` before every write. No request can turn it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.ldap import conditions, dn
from adapters.ldap.config import LdapConfig, SimpleBind
from adapters.ldap.filter_text import read_filter
from bridge.sdk import PermissionDeniedError


@dataclass(frozen=True, slots=True)
class Protection:
    """`subtrees` are keys of DNs, as `dn.key` gives them; `filter` is empty where no filter protects anything."""

    subtrees: tuple[str, ...]
    filter: bytes

    def check_name(self, name: str) -> None:
        """PermissionDeniedError if the entry of that DN, there or not yet, lies where nothing is written."""
        key = dn.key(name)
        if any(dn.is_under(key, subtree) for subtree in self.subtrees):
            raise refused(name)


def protection(config: LdapConfig, built_in: Sequence[bytes]) -> Protection:
    ours = (config.bind.dn,) if isinstance(config.bind, SimpleBind) else ()
    filters = [*built_in, *(read_filter(each) for each in config.protected.filters)]
    return Protection(
        subtrees=tuple(dn.key(each) for each in (*ours, *config.protected.dns)),
        filter=conditions.any_of(filters) if filters else b"",
    )


def refused(subject: str) -> PermissionDeniedError:
    return PermissionDeniedError(f"{subject} is protected: no request may write it; see `protected` in the README")
