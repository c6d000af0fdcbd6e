"""What a thorough test of the connector found, for a person. Called by `adapter.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from adapters.sql import markers
from adapters.sql.dialect import Intent
from adapters.sql.rights import marker_rights, rights_needed
from adapters.sql.session import Session
from bridge.sdk import PermissionDeniedError


def report(session: Session) -> Sequence[str]:
    """A line for each thing checked; PermissionDeniedError if a right on a table is missing."""
    with session.client.transaction(Intent.READ):
        return [
            _version(session),
            *(_rights(session, table, needed) for table, needed in _tables(session)),
            _markers(session),
        ]


def _version(session: Session) -> str:
    rows = session.client.rows(sa.text(session.client.dialect.version_query()))
    return f"connected: {rows[0][0]}"


def _tables(session: Session) -> Iterator[tuple[sa.Table, Sequence[str]]]:
    yield from rights_needed(session.layouts).items()
    if session.markers is not None:
        yield markers.TABLE, marker_rights(session.layouts)


def _rights(session: Session, table: sa.Table, needed: Sequence[str]) -> str:
    granted = session.client.rights(table)
    missing = [right for right in needed if right not in granted]
    if missing:
        raise PermissionDeniedError(f"table {table.fullname}: the login lacks {', '.join(missing)}; grant it")
    return f"table {table.fullname}: {', '.join(granted)}"


def _markers(session: Session) -> str:
    if session.markers is None:
        return "markers: none; after a lost answer the object is read back"
    return f"markers: one in {markers.NAME} for each operation"
