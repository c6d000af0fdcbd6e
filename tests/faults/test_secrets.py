"""Secrets: canaries go through every path, those that fail too, and stand in no file, log or process image in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.client import BridgeClient
from bridge.model.errors import BridgeError
from bridge.model.lifecycle import FINAL, State
from bridge.model.operations import ChangePassword, Operation, SetPassword
from bridge.model.secrets import Secret
from tests.crash.bridge_process import BridgeProcess
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create, operation, user
from tests.support.waiting import wait_until

CANARIES = [f"canary-{number:02}-7f3e" for number in range(20)]
PINS, SHORT = CANARIES[:5], "cnry"


def _operations() -> list[Operation]:
    made = [create(f"user-{number}", pin=Secret(pin)) for number, pin in enumerate(PINS)]
    made += [operation(user(f"user-{n % 5}"), SetPassword(Secret(text))) for n, text in enumerate(CANARIES[5:12])]
    pairs = zip(CANARIES[12:16], CANARIES[16:], strict=True)
    made += [operation(user("user-1"), ChangePassword(Secret(old), Secret(new))) for old, new in pairs]
    return [*made, operation(user("user-2"), SetPassword(Secret(SHORT)))]


def _found(places: list[Path]) -> list[str]:
    held = {place: place.read_bytes() for place in places if place.is_file()}
    secrets = [*CANARIES, SHORT]
    return [f"{secret} in {place}" for place, data in held.items() for secret in secrets if secret.encode() in data]


def test_no_secret_stands_anywhere_in_clear(make_bridge: MakeBridge, tmp_path: Path) -> None:
    script = {
        "file": str(tmp_path / "target.sqlite"),
        "faults": {"breaks": 0.2, "loses_reply": 0.2, "raises": 0.1, "throttles": 0.2},
    }
    quick = {"retry_first_seconds": 0.05, "retry_longest_seconds": 0.1, "canary_seconds": 0.1, "breaker_failures": 1000}
    bridge = make_bridge({"memory": {"adapter": "hostile", "settings": script, **quick}})
    bridge.start()
    with bridge.client() as client:
        told = [_submitted(client, each) for each in _operations()]
        wait_until(lambda: _ended(client), "end of all")
        assert any(told)
        process = Path(f"/proc/{bridge.pid}")
        assert _found([process / "cmdline", process / "environ", bridge.log]) == []
    assert _found(list(bridge.journal.rglob("*"))) == []
    bridge.stop()
    assert _found(list(bridge.directory.rglob("*"))) == []
    assert _found([tmp_path / "target.sqlite"]) == [], "the reference target keeps hashes"


def _ended(client: BridgeClient) -> bool:
    """Whether all is final; what waits for a person is given up, so that its lane goes on."""
    still_open = [each for each in client.list() if each.state not in FINAL]
    for each in still_open:
        if each.state is State.PARKED:
            client.cancel(each.id)
    return not still_open


def _submitted(client: BridgeClient, each: Operation) -> bool:
    """Whether it was taken; what is refused must not tell the secret either."""
    try:
        client.submit(each)
    except BridgeError as error:
        if any(secret in str(error) for secret in CANARIES):
            pytest.fail(f"a refusal repeats a secret: {error}")
        return False
    return True


def test_a_settled_secret_is_gone_from_the_journal(bridge: BridgeProcess) -> None:
    import sqlite3  # noqa: PLC0415 - only here

    bridge.start()
    with bridge.client() as client:
        client.submit(create("alice", pin=Secret("0815")), wait=True)
    bridge.stop()
    with sqlite3.connect(bridge.journal / "journal.sqlite") as journal:
        assert journal.execute("SELECT count(*) FROM operation WHERE sealed IS NOT NULL").fetchone() == (0,)
    journal.close()
