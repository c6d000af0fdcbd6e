"""What differs between kinds of directory server, in one place. OpenLDAP is the only kind so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ServerKind:
    """`anchor` is the attribute that never changes, `version` the one that changes with every write of an entry.

    `backlink` is the attribute, in lower case, that is in the schema where the server can keep backlinks.
    `confused_by_assertion` stands in the diagnostic where the server refused a true assertion: OpenLDAP's unique
    overlay hands the control on to a search of its own. `same_password` stands in it where a policy refused a password
    because it is the present one. `max_request_bytes` is what the server takes unless told otherwise.
    """

    name: str
    anchor: str
    version: str
    backlink: str
    confused_by_assertion: str
    same_password: str
    max_request_bytes: int


OPENLDAP: Final = ServerKind(
    name="OpenLDAP",
    anchor="entryUUID",
    version="entryCSN",
    backlink="memberof",
    confused_by_assertion="unique_search",
    max_request_bytes=4_194_303,
    same_password="not being changed from existing value",  # noqa: S106 - what a server says
)
