"""Names and values that languages of queries would misread go through the whole bridge and come back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import dn
from bridge.model.identity import Name, ObjectRef, new_operation_id
from bridge.model.lifecycle import State
from bridge.model.operations import Create, Operation, Rename
from tests.crash.bridge_process import CALLER
from tests.crash.targets.openldap import OpenLdapTarget
from tests.crash.targets.sql import postgresql_target
from tests.crash.workload import CONNECTOR, USER
from tests.support import ldap
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.conftest import MakeBridge
    from tests.support.containers import OpenLdapServer, PostgreSqlServer

pytestmark = pytest.mark.service

HARD = {
    "separators": 'a,b+c"d\\e<f>g;h=i',
    "number_sign": "#leading",
    "leading_space": " leading",
    "trailing_space": "trailing ",
    "emoji": "👩‍🚒 fire 🔥",
    "right_to_left": "שלום مرحبا",
    "sql": "'; DROP TABLE person; --",
    "filter": "*)(uid=*",
    "percent": "100%_[x]",
}
NUL = {"nul": "a\0b"}


@pytest.mark.parametrize("text", [*HARD.values(), *NUL.values()], ids=[*HARD, *NUL])
def test_fault_38_hard_names_round_trip_through_openldap(
    openldap_server: OpenLdapServer, make_bridge: MakeBridge, tmp_path: Path, text: str
) -> None:
    bridge = make_bridge({CONNECTOR: OpenLdapTarget(openldap_server, tmp_path).connector()})
    bridge.start()
    unique = new_operation_id()[-8:]
    name = Name(name_of("uid", f"{text}{unique}" if text.startswith((" ", "#")) else f"{unique}{text}", ldap.PEOPLE))
    attributes = ldap.posix("hard") | {"displayName": (text,), "title": (text, "plain")}
    ref = ObjectRef(USER, None, name)
    with bridge.client() as client:
        told = client.submit(Operation(new_operation_id(), CALLER, CONNECTOR, ref, Create(attributes)), wait=True)
        assert told.state is State.SUCCEEDED, told.failure
        read = client.read(CONNECTOR, told.target)
        assert read.attributes["displayName"] == (text,)
        assert set(read.attributes["title"]) == {text, "plain"}
        assert dn.key(read.name) == dn.key(name)
        assert client.read(CONNECTOR, ref).anchor == read.anchor


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_fault_38_hard_names_round_trip_through_postgresql(
    postgresql_server: PostgreSqlServer, make_bridge: MakeBridge, tmp_path: Path, text: str
) -> None:
    with postgresql_target(postgresql_server, tmp_path) as target:
        bridge = make_bridge({CONNECTOR: target.connector()})
        bridge.start()
        ref = ObjectRef(USER, None, Name(text))
        with bridge.client() as client:

            def ask(body: Create | Rename, about: ObjectRef) -> State:
                return client.submit(Operation(new_operation_id(), CALLER, CONNECTOR, about, body), wait=True).state

            assert ask(Create({"display_name": (text,), "phone": (text, "plain")}), ref) is State.SUCCEEDED
            read = client.read(CONNECTOR, ref)
            assert (read.name, read.attributes["display_name"]) == (text, (text,))
            assert set(read.attributes["phone"]) == {text, "plain"}
            assert ask(Rename(Name(f"{text}2")), ref) is State.SUCCEEDED
            assert client.read(CONNECTOR, ObjectRef(USER, read.anchor)).name == f"{text}2"
