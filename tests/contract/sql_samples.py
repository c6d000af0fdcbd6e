"""What the contract may do with the tables of people and groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bridge.sdk import Name, ObjectType, Secret
from bridge.sdk.testing.contract import Nul, ObjectSample, ReferenceSample, SampleObjects

USER = ObjectType("user")
GROUP = ObjectType("group")

SAMPLE = SampleObjects(
    object=ObjectSample(object_type=USER, name=Name),
    text="display_name",
    many="phone",
    values={
        "phone": ("+43 1 000", "+43 1 001"),
        "title": ("",),
        "badge": (-(2**63),),
        "active": (True,),
        "enabled": (False,),
        "salary": ("-12345678.90",),
        "hired": ("2024-02-29",),
        "last_seen": (datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),),
        "seen_local": (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),),
        "photo": (b"\x89PNG\r\n\x1a\n\x00" * 1000,),
        "pin": (Secret("0815"),),
    },
    illegal={
        "title": ("x" * 21,),
        "display_name": ("one", "two"),
        "badge": (True,),
        "active": (1,),
        "enabled": ("A",),
        "salary": ("1.005",),
        "hired": ("31.12.2024",),
        "last_seen": (datetime.now(UTC).replace(tzinfo=None),),
        "photo": ("text",),
        "phone": ("1" * 31,),
        "manager": ("a name",),
    },
    ordered="badge",
    reference=ReferenceSample(holder=ObjectSample(object_type=GROUP, name=Name), attribute="member"),
    nul=Nul.REFUSED,
    password=Secret("correct horse battery"),
    other_password=Secret("staple of the other one"),
)
