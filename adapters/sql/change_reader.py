"""Delta imports: the rows whose column of changes is as high as at the last import, or higher. Called by `adapter.py`.

A value is given when a row is written, and seen when the transaction commits. So a slow transaction's value appears
below those of quicker ones: an import begins the overlap before the highest value that the last one saw.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql.change_places import ChangePlace, ChangePlaces, Kept
from adapters.sql.client import Client
from adapters.sql.dialect import Intent
from adapters.sql.layout import Layouts
from adapters.sql.reader import Reader
from bridge.sdk import Anchor, AttributeType, ChangePage, DeletedObject, ObjectType, Watermark, WatermarkExpiredError

MOST_CHANGES: Final = 500_000
"""Changed objects of one type that one delta import takes. With more, a full import needs less."""

Position = Mapping[str, str]
"""The highest value seen, by object type; empty if there was none."""


class ChangeReader:
    def __init__(self, client: Client, layouts: Layouts, places: ChangePlaces, reader: Reader, target: str) -> None:
        self._client = client
        self._layouts = layouts
        self._places = places
        self._reader = reader
        self._scope = _fingerprint(target, places)

    def watermark(self) -> Watermark:
        with self._client.transaction(Intent.READ):
            return self._written({name: self._highest(place) for name, place in self._places.items()})

    def changes(self, since: Watermark, page_size: int) -> Iterator[ChangePage]:
        position = self._read(since)
        now: dict[ObjectType, str] = {}
        for name, place in self._places.items():
            with self._client.transaction(Intent.READ):
                # The highest first: what commits in between is told again by the next import.
                now[name] = self._highest(place)
                seen = position.get(name, "")
                self._check(name, place, seen, now[name])
                anchors = self._touched(place, seen)
            yield from self._told(name, anchors, page_size)
        yield ChangePage((), self._written(now))

    def _told(self, name: ObjectType, anchors: Sequence[Anchor], page_size: int) -> Iterator[ChangePage]:
        layout = self._layouts[name]
        for start in range(0, len(anchors), page_size):
            asked = anchors[start : start + page_size]
            present = {each.anchor: each for each in self._reader.read(layout, asked)}
            yield ChangePage([present.get(anchor) or DeletedObject(name, anchor) for anchor in asked])

    def _highest(self, place: ChangePlace) -> str:
        [row] = self._client.rows(sa.select(sa.func.max(place.column, type_=place.column.type)))
        return "" if row[0] is None else _text(place.codec.decode(row[0]))

    def _check(self, name: ObjectType, place: ChangePlace, seen: str, highest: str) -> None:
        """WatermarkExpiredError if something may have gone that was never seen."""
        if not seen:
            lost = place.kept is Kept.EVERY_CHANGE and bool(highest)
        elif place.kept is Kept.EVERY_CHANGE:
            # Histories are trimmed from their beginning: while the row last seen is there, none after it is gone.
            lost = not self._client.rows(sa.select(place.column).where(_is_last_seen(place, seen)).limit(1))
        else:
            lost = not highest or _value(place, highest) < _value(place, seen)
        if lost:
            table = place.column.table
            raise WatermarkExpiredError(
                f"table {getattr(table, 'name', '')!r} does not reach back to the watermark for {name}: it was empty, "
                "trimmed, restored, or its last row was deleted; run a full import"
            )

    def _touched(self, place: ChangePlace, seen: str) -> Sequence[Anchor]:
        statement = sa.select(*place.anchor.columns).distinct().limit(MOST_CHANGES + 1)
        if seen:
            statement = statement.where(_is_new(place, seen))
        rows = self._client.rows(statement)
        if len(rows) > MOST_CHANGES:
            raise WatermarkExpiredError(f"more than {MOST_CHANGES} objects changed; run a full import")
        return list(dict.fromkeys(place.anchor.text(tuple(row)) for row in rows))

    def _written(self, position: Mapping[ObjectType, str]) -> Watermark:
        return Watermark(json.dumps({"scope": self._scope, "at": position}, separators=(",", ":")))

    def _read(self, watermark: Watermark) -> Position:
        try:
            held = json.loads(watermark)
        except (ValueError, RecursionError):
            held = None
        at = held.get("at") if isinstance(held, dict) else None
        if not isinstance(held, dict) or held.get("scope") != self._scope or not isinstance(at, dict):
            raise WatermarkExpiredError("the watermark is not of this database and these tables; run a full import")
        for name, place in self._places.items():
            if at.get(name) != "":
                _value(place, at.get(name))
        return at


def _fingerprint(target: str, places: ChangePlaces) -> str:
    parts = [target]
    for name, place in sorted(places.items()):
        columns = [place.column, *place.anchor.columns]
        parts += [name, place.kept.value, *(f"{each.table}.{each.name}" for each in columns)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(place: ChangePlace, text: object) -> Any:
    """The number or moment that a watermark holds. WatermarkExpiredError if it is none."""
    try:
        value = datetime.fromisoformat(str(text)) if place.codec.type is AttributeType.TIMESTAMP else int(str(text))
        place.codec.encode(value)
    except ValueError:
        raise WatermarkExpiredError("the watermark has no value of the column of changes; run a full import") from None
    return value


def _is_last_seen(place: ChangePlace, seen: str) -> sa.ColumnElement[bool]:
    return place.column == place.codec.encode(_value(place, seen))


def _is_new(place: ChangePlace, seen: str) -> sa.ColumnElement[bool]:
    """From the overlap before the value on. True of every row if the column can hold no value that far back."""
    value = _value(place, seen)
    try:
        begin = value - (timedelta(seconds=place.overlap) if isinstance(value, datetime) else place.overlap)
        return place.column >= place.codec.encode(begin)
    except (ValueError, OverflowError):
        return sa.true()
