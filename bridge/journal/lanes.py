"""Lanes: operations on one object run one after the other, in the order of their acceptance.

A lane is an integer. Aliases point to it: one for each name and each anchor by which the object was ever spoken of
through the bridge. They are resolved inside the accept transaction, so a create by name, an update by anchor and a
rename of one object land in one lane. An alias is never taken away from a lane while that could split an object's
operations; that two objects share a lane is harmless, that one object has two lanes is not. For the same reason
spellings that a target might hold for equal share an alias, and so do (one in 2^63) two that collide.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from bridge.model.attributes import DeltaKind
from bridge.model.identity import ConnectorName, Lane, ObjectRef, ObjectType, unescaped
from bridge.model.operations import Create, Operation, Rename, Update

AliasKey = int


def _normal(name: str) -> str:
    """One spelling for all that a directory or a collation might hold for the same name."""
    name = unescaped(name)
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return "".join(name.casefold().split())


def _key(connector: ConnectorName, object_type: ObjectType, form: str, value: str) -> AliasKey:
    text = f"{connector}\0{object_type}\0{form}\0{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def name_key(connector: ConnectorName, object_type: ObjectType, name: str) -> AliasKey:
    return _key(connector, object_type, "name", _normal(name))


def anchor_key(connector: ConnectorName, object_type: ObjectType, anchor: str) -> AliasKey:
    return _key(connector, object_type, "anchor", anchor)


def keys_of(connector: ConnectorName, ref: ObjectRef) -> list[AliasKey]:
    """The anchor's alias first: where both are known the anchor decides."""
    keys = []
    if ref.anchor:
        keys.append(anchor_key(connector, ref.object_type, ref.anchor))
    if ref.name:
        keys.append(name_key(connector, ref.object_type, ref.name))
    return keys


@dataclass(frozen=True, slots=True)
class Aliases:
    """Those by which one operation speaks of its object, and the new name it wants, if it is a rename.

    `removed`: those of the objects to which it removes a reference by name. A reference that is added waits at the
    target until its object is there; one that is removed would be taken for gone already.
    """

    own: list[AliasKey]
    wanted: AliasKey | None = None
    removed: tuple[AliasKey, ...] = ()


def aliases_of(operation: Operation, known: ObjectRef | None = None) -> Aliases:
    """`known` is the object as the target told it, for a name that the bridge had never seen."""
    own = keys_of(operation.connector, operation.target)
    if known is not None:
        own = list(dict.fromkeys(keys_of(operation.connector, known) + own))
    body = operation.body
    if isinstance(body, Rename):
        return Aliases(own, name_key(operation.connector, operation.target.object_type, body.new_name))
    if isinstance(body, Update):
        return Aliases(own, removed=tuple(_removed(operation.connector, body)))
    return Aliases(own)


def _removed(connector: ConnectorName, body: Update) -> Iterator[AliasKey]:
    for delta in body.deltas:
        if delta.kind is DeltaKind.REMOVE:
            for value in delta.values:
                if isinstance(value, ObjectRef) and value.anchor is None:
                    yield from keys_of(connector, value)


def never_seen(operations: Iterable[Operation], known: set[AliasKey]) -> list[Operation]:
    """Those whose object no alias and no earlier operation of the same batch has made known."""
    seen = set(known)
    unknown = []
    for operation in operations:
        own = aliases_of(operation)
        if seen.isdisjoint(own.own) and not isinstance(operation.body, Create):
            unknown.append(operation)
        seen.update(own.own)
        if own.wanted is not None:
            seen.add(own.wanted)
    return unknown


def look_up(connection: Connection, keys: Iterable[AliasKey]) -> dict[AliasKey, Lane]:
    """Lanes of those aliases that exist. One row comes back: each row costs a hand-over of the GIL."""
    rows = connection.exec_driver_sql(
        "SELECT json_group_array(json_array(key, lane)) FROM lane_alias WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    ).scalar_one()
    return {key: Lane(lane) for key, lane in json.loads(rows)}


@dataclass(frozen=True, slots=True)
class Place:
    """The operation's lane, and what has to be final first: all operations up to now of the `former` lanes, and those
    that give an object its name of the `named` ones."""

    lane: Lane
    former: set[Lane]
    named: set[Lane]


class Resolver:
    """Gives lanes to the operations of one accept transaction, in order, and remembers the aliases to write."""

    def __init__(self, connection: Connection, spoken: Iterable[Aliases], next_lane: int) -> None:
        self._connection = connection
        wanted = {key for each in spoken for key in (*each.own, each.wanted, *each.removed) if key is not None}
        self._lanes = look_up(connection, wanted)
        self.next_lane = next_lane
        self.written: dict[AliasKey, Lane] = {}

    def resolve(self, each: Aliases) -> Place:
        """A rename has a former lane if its new name is, or was, another object's name; an operation that gives anchor
        and name has one if the two had been spoken of apart.
        """
        lane = next((self._lanes[key] for key in each.own if key in self._lanes), None)
        if lane is None:
            lane = Lane(self.next_lane)
            self.next_lane += 1
        former = set()
        for key in each.own if each.wanted is None else (*each.own, each.wanted):
            pointed = self._lanes.get(key)
            if pointed != lane:
                self._lanes[key] = self.written[key] = lane
                if pointed is not None:
                    former.add(pointed)
        named = {self._lanes[key] for key in each.removed if key in self._lanes}
        return Place(lane, former, named - {lane})


def write(connection: Connection, aliases: dict[AliasKey, Lane]) -> None:
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO lane_alias (key, lane) SELECT value->>0, value->>1 FROM json_each(?)",
        (json.dumps(list(aliases.items())),),
    )


def add_anchors(connection: Connection, aliases: dict[AliasKey, Lane]) -> None:
    """Settlement adds the anchor that the target gave; an alias that exists stays where it points."""
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO lane_alias (key, lane) SELECT value->>0, value->>1 FROM json_each(?)",
        (json.dumps(list(aliases.items())),),
    )
