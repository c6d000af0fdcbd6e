"""Values that the bridge gives to an operation: written beside its content, which stays as its audit record has it,
and the sequence they are from moved on.

Called by the writer for the engine's `numbers`, before the operation's first intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bridge.journal.entries import Entry, completed, encode_assigned
from bridge.journal.transaction import Transaction
from bridge.model.attributes import Attributes
from bridge.model.identity import ConnectorName
from bridge.model.operations import Operation

_STORE = """
UPDATE operation SET assigned = step.value->>1
FROM json_each(?) AS step WHERE operation.sequence = step.value->>0 AND settle_number IS NULL
"""
_MOVE_ON = """
INSERT INTO number (connector, attribute, last) SELECT step.value->>0, step.value->>1, step.value->>2
FROM json_each(?) AS step WHERE true
ON CONFLICT (connector, attribute) DO UPDATE SET last = max(last, excluded.last)
"""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`values` for a create, the one of `attribute` from the sequence of that name, whose last number is `last`."""

    entry: Entry
    attribute: str
    values: Attributes
    last: int


def assign(transaction: Transaction, wanted: Sequence[Assignment]) -> list[Operation]:
    """The operations as they are from now on."""
    rows = [(each.entry.sequence, encode_assigned({**each.entry.assigned, **each.values})) for each in wanted]
    transaction.run(_STORE, rows)
    transaction.run(_MOVE_ON, [(each.entry.operation.connector, each.attribute, each.last) for each in wanted])
    return [completed(each.entry.operation, each.values) for each in wanted]


def last_numbers(connection: Connection, connector: ConnectorName) -> dict[str, int]:
    """The last number that each sequence of the connector gave, by attribute."""
    rows = connection.exec_driver_sql("SELECT attribute, last FROM number WHERE connector = ?", (connector,))
    return {row.attribute: row.last for row in rows}
