"""Values that the bridge gives to an operation: written into its content, and the sequence they are from moved on.

Called by the writer for the engine's `numbers`, before the operation's first intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bridge.journal import content
from bridge.journal.entries import Entry, encode_assigned
from bridge.journal.transaction import Transaction
from bridge.model.attributes import Attributes
from bridge.model.identity import ConnectorName
from bridge.model.operations import Create, Operation

_STORE = """
UPDATE operation SET content = step.value->>1, assigned = step.value->>2
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
    rows, operations = [], []
    for each in wanted:
        operation = _completed(each)
        text, _ = content.encode(operation)
        rows.append((each.entry.sequence, text, encode_assigned({**each.entry.assigned, **each.values})))
        operations.append(operation)
    transaction.run(_STORE, rows)
    transaction.run(_MOVE_ON, [(each.entry.operation.connector, each.attribute, each.last) for each in wanted])
    return operations


def _completed(assignment: Assignment) -> Operation:
    operation = assignment.entry.operation
    if not isinstance(operation.body, Create):
        raise TypeError("only a create is given values")
    # Behind the others: the secrets of the content keep their positions.
    return replace(operation, body=Create({**operation.body.attributes, **assignment.values}))


def last_numbers(connection: Connection, connector: ConnectorName) -> dict[str, int]:
    """The last number that each sequence of the connector gave, by attribute."""
    rows = connection.exec_driver_sql("SELECT attribute, last FROM number WHERE connector = ?", (connector,))
    return {row.attribute: row.last for row in rows}
