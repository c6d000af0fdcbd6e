"""Active Directory's uSNChanged: a search for entries whose number is higher than the one last seen.

A source, used by `tracking`. The numbers are each domain controller's own, so its identity is part of the position.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.changes import domain_controller
from adapters.ldap.changes.domain_controller import add, is_deleted
from adapters.ldap.changes.reading import ask_all, is_context, pages, types_of, values_of
from adapters.ldap.changes.source import Found, Gathering, Ground, Position
from adapters.ldap.decoding import Entry
from adapters.ldap.lookup import by_name
from bridge.sdk import WatermarkExpiredError

_HIGHEST: Final = "highestCommittedUSN"
_METADATA: Final = "replPropertyMetaData"
_DIGITS: Final = 19

_HEADER: Final = struct.Struct("<IIII")
_STAMP: Final = struct.Struct("<IIQ16sQQ")
"""One attribute's last change: attribute, version, time, invocation, the writer's number, this controller's number."""
_NAME_ATTRIBUTE: Final = 0x90001


class UsnChanged:
    def missing(self, ground: Ground) -> str:
        if not ground.told(_HIGHEST):
            return "let the account read highestCommittedUSN in the root DSE"
        return domain_controller.blindness(ground)

    def position(self, ground: Ground) -> Position:
        return {
            "controller": domain_controller.invocation(ground),
            "usn": ground.told(_HIGHEST),
            "time": domain_controller.now(ground),
        }

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        now = self.position(ground)
        usn = _checked(ground, since, now)
        condition = conditions.greater_or_equal("uSNChanged", str(usn + 1).encode())
        wanted = (ground.known.directory.anchor.name, "objectClass", "isDeleted")
        for context in ground.contexts.holding:
            containers: list[str] = []
            for entries in pages(ground, context, condition, wanted, domain_controller.show_deleted(ground)):
                containers += _take(ground, entries, found)
                yield
            found.moved += _moved(ground, containers, usn)
        return now


def _checked(ground: Ground, since: Position, now: Position) -> int:
    text = since.get("usn", "")
    if since.get("controller") != now["controller"]:
        raise WatermarkExpiredError("the watermark is of another domain controller; run a full import")
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS) or int(text) > int(now["usn"]):
        raise WatermarkExpiredError("the domain controller has not come to the watermark's number; run a full import")
    domain_controller.check_age(ground, since.get("time", ""))
    return int(text)


def _take(ground: Ground, entries: Sequence[Entry], found: Found) -> list[str]:
    """The DNs of those that are no objects, but may hold some."""
    containers: list[str] = []
    for entry in entries:
        types = types_of(ground.known.directory, entry)
        if types != ():
            add(ground, entry, types or (), found)
        elif not is_deleted(entry) and not is_context(ground, entry.dn):
            containers.append(entry.dn)
    return containers


def _moved(ground: Ground, containers: Sequence[str], usn: int) -> list[str]:
    """Those whose name was written since: a change of any other attribute moves nothing."""
    requests = [by_name(each, conditions.present("objectClass"), (_METADATA,)) for each in containers]
    answers = ground.run(ask_all(requests)) if requests else ()
    return [
        name
        for name, answer in zip(containers, answers, strict=True)
        for entry in answer.entries
        if _named_at(values_of(entry, _METADATA)) > usn
    ]


def _named_at(metadata: Sequence[bytes]) -> int:
    """This controller's number of the last change of the name ([MS-DRSR] 5.162, PROPERTY_META_DATA_VECTOR)."""
    blob = metadata[0] if metadata else b""
    stamps = (len(blob) - _HEADER.size) // _STAMP.size
    for index in range(max(0, stamps)):
        attribute, *_, local = _STAMP.unpack_from(blob, _HEADER.size + index * _STAMP.size)
        if attribute == _NAME_ATTRIBUTE:
            return int(local)
    # Unknown is as good as moved: what lies below is told once more.
    return 2**63
