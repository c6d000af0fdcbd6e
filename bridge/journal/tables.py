"""The journal's tables. SQL on them is confined to this package.

`operation` holds each accepted operation from its acceptance to the end of its retention. The partial indexes hold
open operations only, so their size is the backlog's, not the history's.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

operation = Table(
    "operation",
    metadata,
    Column("sequence", Integer, primary_key=True, doc="Order of acceptance."),
    Column("caller", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column(
        "fingerprint",
        Text,
        nullable=False,
        doc="Keyed hash of content and secrets: the same or another content?",
    ),
    Column("connector", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("after", Integer, doc="Sequence of an operation of another lane that has to be final first."),
    Column("content", Text, nullable=False),
    Column("assigned", Text, doc="JSON: the attributes of the content that the bridge gave it."),
    Column("sealed_hour", Integer, doc="Hour of the key that seals the secrets."),
    Column("sealed", Text, doc="The secrets; gone once the operation is final."),
    Column("accepted_at", Float, nullable=False, doc="Seconds since 1970."),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("epoch", Integer, doc="Which start of the bridge wrote the last intent."),
    Column("not_before", Float, doc="When a WAITING operation is tried again."),
    Column("outcome", Text, doc="JSON: failure, anchor, name, unchanged, waits_for of the last attempt."),
    Column("settle_number", Integer, doc="Place in the history of final operations, without gaps."),
    Column("settled_at", Float),
    Index("operation_identity", "caller", "id", unique=True),
    Index("operation_settled", "settle_number", unique=True, sqlite_where=text("settle_number IS NOT NULL")),
    Index("operation_open", "connector", "sequence", sqlite_where=text("settle_number IS NULL")),
    Index("operation_lane", "lane", "sequence", sqlite_where=text("settle_number IS NULL")),
)

lane_alias = Table(
    "lane_alias",
    metadata,
    Column("key", Integer, primary_key=True, doc="Hash of connector, object type and name or anchor (`lanes`)."),
    Column("lane", Integer, nullable=False),
)

number = Table(
    "number",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("last", Integer, nullable=False, doc="The last number that was given to a new object."),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column(
        "record",
        Text,
        nullable=False,
        doc="JSON list: time, event, sequence, caller, id, connector, details.",
    ),
    Column("hash", Text, nullable=False),
)

fact = Table(
    "fact",
    metadata,
    Column("name", Text, primary_key=True, doc="incarnation, epoch, mode, audit_base."),
    Column("value", Text, nullable=False),
)
