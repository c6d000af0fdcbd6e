"""Reads of targets: one object, a search, a full or delta import. Not journaled.

An unreachable target is never an empty one, and neither is one of which the connector cannot ask such a thing.

Called by ingress through the engine. Comes next: `host/facade`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from bridge.host.catalog import HostedConnector
from bridge.model.capabilities import Verb
from bridge.model.errors import InvalidValueError, UnknownObjectError, UnsupportedError
from bridge.model.identity import ObjectRef, ObjectType, Watermark
from bridge.model.objects import ChangePage, TargetObject
from bridge.sdk.spi import Query

_WITHOUT: Final[Mapping[Verb, str]] = {
    Verb.GET: "no reads of one object (verb get): search instead",
    Verb.SEARCH: "no search and no import (verb search): read one object after the other",
    Verb.CHANGES: "no delta import (verb changes): import everything, on the command line without --watermark, or"
    " configure changes as the adapter's page tells",
}
"""What a connector offers that has not this verb, and what to do then."""


async def read(connector: HostedConnector, ref: ObjectRef) -> TargetObject:
    _check_offer(connector, Verb.GET)
    await _check_type(connector, ref.object_type)
    found = await connector.reader.get(ref)
    if found is None:
        raise UnknownObjectError(f"{connector.name} has no {ref}")
    return found


async def search(connector: HostedConnector, query: Query) -> AsyncIterator[Sequence[TargetObject]]:
    _check_offer(connector, Verb.SEARCH)
    await _check_type(connector, query.object_type)
    async with connector.importing() as facade:
        async for page in facade.search(query):
            yield page


async def full_import(
    connector: HostedConnector, object_types: Sequence[ObjectType], page_size: int
) -> AsyncIterator[Sequence[TargetObject]]:
    """Every object, type by type; no types given means all."""
    _check_offer(connector, Verb.SEARCH)
    for object_type in object_types:
        await _check_type(connector, object_type)
    wanted = object_types or tuple((await connector.schema()).object_types)
    async with connector.importing() as facade:
        for object_type in wanted:
            async for page in facade.search(Query(object_type, page_size=page_size)):
                yield page


async def changes(connector: HostedConnector, since: Watermark | None, page_size: int) -> AsyncIterator[ChangePage]:
    """What changed since; everything, and a watermark to go on from, if `since` is None."""
    _check_offer(connector, Verb.CHANGES)
    async with connector.importing() as facade:
        if since is not None:
            async for page in facade.changes(since, page_size):
                yield page
            return
        # Taken first: what changes during the full import is told again by the next delta import.
        watermark = await facade.watermark()
        for object_type in (await connector.schema()).object_types:
            async for objects in facade.search(Query(object_type, page_size=page_size)):
                yield ChangePage(objects)
        yield ChangePage((), watermark)


def _check_offer(connector: HostedConnector, verb: Verb) -> None:
    if verb not in connector.capabilities.verbs:
        raise UnsupportedError(f"connector {connector.name} offers {_WITHOUT[verb]}")


async def _check_type(connector: HostedConnector, object_type: ObjectType) -> None:
    known = (await connector.schema()).object_types
    if object_type not in known:
        raise InvalidValueError(
            f"connector {connector.name} has no object type {object_type!r}; it has {', '.join(sorted(known))}",
            attributes=("object_type",),
        )
