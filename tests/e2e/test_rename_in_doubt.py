"""A rename in doubt, of a name that the server spells otherwise than the caller: the server says whether it is done.

OpenLDAP gives back `\\2C` for `\\,`. A bridge that compared spellings took its own rename for somebody else's.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bridge.client import BridgeClient
from bridge.demo import process
from bridge.demo.directory import Directory
from bridge.demo.ledger import CALLER, USER
from bridge.demo.process import BridgeProcess
from bridge.model.errors import UnavailableError
from bridge.model.identity import Name, ObjectRef, new_operation_id
from bridge.model.lifecycle import State
from bridge.model.operations import Body, Create, Operation, Rename

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import OpenLdapServer

NOT_SENT, NOT_RECORDED = "C4", "C6"


def operation(directory: Directory, name: Name, body: Body) -> Operation:
    return Operation(new_operation_id(), CALLER, directory.form.connector, ObjectRef(USER, name=name), body)


@pytest.mark.service
@pytest.mark.parametrize("crash_at", [NOT_SENT, NOT_RECORDED])
@pytest.mark.parametrize(
    ("label", "new_label"),
    [("Smith, John", "Smith, John + Jane"), ("#1 <d'Arc>", "#1 <D'Arc>")],
    ids=["moved", "only the case"],
)
def test_it_is_done_once_and_known_to_be_done(
    openldap_server: OpenLdapServer, tmp_path: Path, crash_at: str, label: str, new_label: str
):
    directory = Directory(openldap_server, tmp_path / "secret")
    form = directory.form
    before = form.user(f"{label} {crash_at}")
    after = form.moved_user(f"{new_label} {crash_at}") if "John" in label else form.user(f"{new_label} {crash_at}")
    bridge = BridgeProcess(tmp_path, {form.connector: directory.connector})
    rename = operation(directory, before, Rename(after))
    with bridge.running(), BridgeClient(bridge.address) as client:
        body = Create({"cn": ("x",), "sn": ("x",)})
        assert client.submit(operation(directory, before, body), wait=True).state is State.SUCCEEDED

    command = [*process._COMMAND, "serve", "--config", str(bridge._file), "--crash-at", crash_at]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as crashing:
        assert crashing.stderr is not None
        assert any('"started"' in line for line in crashing.stderr)
        with BridgeClient(bridge.address) as client, pytest.raises(UnavailableError):
            client.submit(rename, wait=True)

    with bridge.running(), BridgeClient(bridge.address) as client:
        told = client.get(rename.id, wait=True, timeout=20)
        # Sent again in any case: groups may still hold the old name.
        assert (told.state, told.attempts) == (State.SUCCEEDED, 2), told.failure
        found = client.read(form.connector, ObjectRef(USER, name=after))
    assert form.plain(found.name) == form.plain(after)
    renames = [each for each in directory.read({}).writes.elements() if each.name == form.plain(after)]
    assert [each.what for each in renames] == ["rename"]
