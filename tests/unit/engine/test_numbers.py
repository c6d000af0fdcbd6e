"""What a create gets whose caller gave no number."""

from __future__ import annotations

from bridge.config.settings import NumberSettings
from bridge.engine.numbers import lacked
from bridge.model.operations import Create
from tests.unit.engine.operations import entry

SETTINGS = NumberSettings(attribute="uidNumber", object_types=("user",), first=1, last=9, also=("gidNumber",))


def test_all_attributes_of_a_sequence_get_the_same_number():
    assert lacked(entry(body=Create({"gidNumber": ()})), SETTINGS, 7) == {"uidNumber": (7,), "gidNumber": (7,)}


def test_what_the_caller_gave_beside_it_stays():
    assert lacked(entry(body=Create({"gidNumber": (100,)})), SETTINGS, 7) == {"uidNumber": (7,)}
