"""Which of the server's naming contexts the objects lie in (RFC 4512 §5.1). Pure; used by `tracking`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.ldap import dn
from adapters.ldap.changes.names import is_dn


@dataclass(frozen=True, slots=True)
class Contexts:
    """`holding` are the nearest above the bases. `below` are those further down, which a search of a base may reach: in
    OpenLDAP databases that are glued together, in Active Directory never."""

    holding: tuple[str, ...]
    below: tuple[str, ...]


def contexts_of(names: Iterable[str], bases: Sequence[str]) -> Contexts:
    """`names` as the server gives them, `bases` as `dn.key` does."""
    keys = {dn.key(name): name for name in names if name and is_dn(name)}
    above = {max((key for key in keys if dn.is_under(base, key)), key=len, default="") for base in bases}
    return Contexts(
        holding=tuple(name for key, name in keys.items() if key in above),
        below=tuple(
            name for key, name in keys.items() if key not in above and any(dn.is_under(key, base) for base in bases)
        ),
    )
