"""What the contract may do with the objects of the reference adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bridge.sdk import Name, Secret
from bridge.sdk.testing.contract import Nul, ObjectSample, ReferenceSample, SampleObjects
from bridge.sdk.testing.memory.schema import GROUP, USER

SAMPLE = SampleObjects(
    object=ObjectSample(object_type=USER, name=Name),
    text="display_name",
    many="mail",
    values={
        "phone": ("+43 1 000", "+43 1 001"),
        "employee_number": (-(2**63),),
        "enabled": (False,),
        "photo": (b"\x89PNG\r\n\x1a\n\x00" * 1000,),
        "hired_at": (datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),),
        "pin": (Secret("0815"),),
    },
    illegal={
        "given_name": ("x" * 1025,),
        "surname": ("one", "two"),
        "employee_number": (True,),
        "enabled": (1,),
        "photo": ("text",),
        "hired_at": (datetime.now(UTC).replace(tzinfo=None),),
    },
    ordered="employee_number",
    reference=ReferenceSample(holder=ObjectSample(object_type=GROUP, name=Name), attribute="member"),
    nul=Nul.KEPT,
    password=Secret("correct horse battery"),
    other_password=Secret("staple of the other one"),
    bad_password=Secret("sh0rt"),
)
