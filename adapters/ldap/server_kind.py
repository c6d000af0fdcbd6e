"""What differs between kinds of directory server, in one place. OpenLDAP is the only kind so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ServerKind:
    """`anchor` is the attribute that never changes, `version` the one that changes with every write of an entry.

    `confused_by_assertion` is what the server says when an assertion was true but one of its own parts applied it to
    something else: OpenLDAP's unique overlay hands the control on to its own search, where it is checked against the
    search base.
    """

    name: str
    anchor: str
    version: str
    confused_by_assertion: str


OPENLDAP: Final = ServerKind(
    name="OpenLDAP", anchor="entryUUID", version="entryCSN", confused_by_assertion="unique_search"
)
