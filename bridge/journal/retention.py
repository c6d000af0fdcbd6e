"""Retention: forgets final operations after their time, and shreds the keys that nothing needs any more.

Called by `service` every few minutes, in the writer's order of work. An operation is purged in a transaction of its
own kind, never in the one that settled it (delivery C11).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.journal import storage
from bridge.journal.transaction import Transaction
from bridge.telemetry.failpoints import CrashPoint, reach

CHUNK = 2_000
"""Rows deleted in one commit, so that others wait little."""


@dataclass(frozen=True, slots=True)
class Purge:
    """Forget operations settled before `settled_before`, audit records up to `audit_before` (seconds since 1970)."""

    settled_before: float
    audit_before: float


def purge(transaction: Transaction, due: Purge) -> int:
    """How many operations, or audit records, one chunk forgot; call again while it is CHUNK."""
    connection = transaction.connection
    forgotten = connection.exec_driver_sql(
        # The oldest are looked at, not all that is kept: settle numbers are in the order of time.
        "DELETE FROM operation WHERE sequence IN (SELECT sequence FROM (SELECT sequence, settled_at FROM operation"
        " WHERE settle_number IS NOT NULL ORDER BY settle_number LIMIT ?) WHERE settled_at < ?)",
        (CHUNK, due.settled_before),
    ).rowcount
    # The numberings go on even when the rows that held their ends are gone.
    storage.write_fact(connection, "sequence", str(transaction.tail.sequence))
    storage.write_fact(connection, "settle_number", str(transaction.tail.settle_number))
    cut = _purge_audit(transaction, due)
    needed = connection.exec_driver_sql(
        "SELECT DISTINCT sealed_hour FROM operation WHERE settle_number IS NULL AND sealed_hour IS NOT NULL"
    ).scalars()
    transaction.sealer.shred(set(needed), transaction.now)
    reach(CrashPoint.PURGING)
    return max(forgotten, cut)


def _purge_audit(transaction: Transaction, due: Purge) -> int:
    """Cut the chain's old end off, and keep the hash from which the rest goes on."""
    connection = transaction.connection
    last = connection.exec_driver_sql(
        "SELECT max(number) AS number, hash FROM (SELECT number, hash, record FROM audit ORDER BY number LIMIT ?)"
        " WHERE record->>0 < ?",
        (CHUNK, due.audit_before),
    ).one()
    if last.number is None:
        return 0
    cut = connection.exec_driver_sql("DELETE FROM audit WHERE number <= ?", (last.number,)).rowcount
    storage.write_fact(connection, "audit_base", f"{last.number} {last.hash}")
    return cut
