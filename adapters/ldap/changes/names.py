"""DNs as servers give them, which may be no DNs. Pure."""

from __future__ import annotations

from adapters.ldap import dn


def is_dn(text: str) -> bool:
    """Whether it is a name that something could lie below."""
    try:
        dn.key(text)
    except dn.DnError:
        return False
    return True
