"""Logins of Linux machines, by the recipe of docs/adapters/ldap.md: numbers, accounts as SSSD reads them, groups."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import yaml

from bridge.model import (
    AttributeDelta,
    Create,
    Delete,
    DeltaKind,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    State,
    Update,
    new_operation_id,
)
from tests.integration.cli.conftest import COMMAND, ENVIRONMENT
from tests.integration.ldap.test_recipes import applied, cooked, read
from tests.support import recipes
from tests.support.running import ME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from typing import Any

    from bridge.model import Body, OperationStatus, Value
    from tests.support.containers import Ds389Server, OpenLdapServer
    from tests.support.recipes import Tree
    from tests.support.running import Running

RECIPE, HEADING = "linux-logins.yaml", "Linux logins in OpenLDAP or 389 Directory Server"
USER, GROUP = ObjectType("user"), ObjectType("unix_group")
FIRST, FIRST_OF_GROUPS = 20_000, 60_000
# ldap3 reads names that pyasn1 has renamed; see pyproject.toml.
BRIDGE = (*COMMAND[:3], "-W", "ignore::DeprecationWarning", *COMMAND[3:])


@pytest.fixture(params=["openldap", "389ds"])
def tree(request: pytest.FixtureRequest) -> Iterator[Tree]:
    if request.param == "openldap":
        server: OpenLdapServer = request.getfixturevalue("openldap_server")
        with recipes.in_openldap(server) as tree:
            yield tree
    else:
        other: Ds389Server = request.getfixturevalue("ds389_server")
        with recipes.in_ds389(other) as tree:
            yield tree


def linux(tree: Tree, directory: Path) -> AbstractAsyncContextManager[Running]:
    return cooked(tree, RECIPE, directory)


def ref(tree: Tree, uid: str) -> ObjectRef:
    return ObjectRef(USER, name=Name(f"uid={uid},ou=people,{tree.base}"))


def group_ref(tree: Tree, name: str) -> ObjectRef:
    return ObjectRef(GROUP, name=Name(f"cn={name},ou=groups,{tree.base}"))


def operation(target: ObjectRef, body: Body) -> Operation:
    return Operation(new_operation_id(), ME, "linux", target, body)  # type: ignore[arg-type]  # a connector's name


def create(tree: Tree, uid: str, **more: Value) -> Operation:
    """As Microsoft's guide for Linux has them, but for the numbers."""
    asked: dict[str, Value] = {"cn": uid, "sn": uid, "homeDirectory": f"/home/{uid}", "shadowMax": 99_999, **more}
    return operation(ref(tree, uid), Create({name: (value,) for name, value in asked.items()}))


def told(results: list[OperationStatus], attribute: str = "uidNumber") -> list[int]:
    assert {each.state for each in results} == {State.SUCCEEDED}, [each.failure for each in results]
    return [each.assigned[attribute][0] for each in results]  # type: ignore[misc]  # integers, as given


def at_directory(tree: Tree, object_class: str, attributes: list[str]) -> list[dict[str, list[str]]]:
    """What the directory holds, by its administrator's eyes."""
    found = tree.search(f"(objectClass={object_class})", attributes)
    return [
        {
            name: [line.partition(": ")[2] for line in each.splitlines() if line.startswith(f"{name}: ")]
            for name in attributes
        }
        for each in found.split("\n\n")
        if each.startswith("dn: ")
    ]


async def test_the_page_makes_a_login_with_its_group(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        results = await applied(bridge, tree, HEADING)
        assert results["linux-2"].assigned == {"uidNumber": (FIRST,), "gidNumber": (FIRST,)}
        assert results["linux-1"].assigned == {"gidNumber": (FIRST_OF_GROUPS,)}
        group = await read(bridge, tree, "unix_group", "cn=engines,ou=groups,dc=example,dc=org")
        assert group.attributes["memberUid"] == (ref(tree, "ada"),)
        assert group.attributes["gidNumber"] == (FIRST_OF_GROUPS,)
    assert at_directory(tree, "posixGroup", ["memberUid", "gidNumber"]) == [
        {"memberUid": ["ada"], "gidNumber": [str(FIRST_OF_GROUPS)]}
    ]
    wanted = ["objectClass", "uid", "uidNumber", "gidNumber", "homeDirectory", "loginShell", "shadowMax"]
    [account] = at_directory(tree, "posixAccount", wanted)
    assert {"inetOrgPerson", "posixAccount", "shadowAccount"} <= set(account.pop("objectClass"))
    assert account == {
        "uid": ["ada"],
        "uidNumber": [str(FIRST)],
        "gidNumber": [str(FIRST)],
        "homeDirectory": ["/home/ada"],
        "loginShell": ["/bin/bash"],
        "shadowMax": ["99999"],
    }
    with tree.bound(str(ref(tree, "ada").name), "Correct horse battery 1"):
        """She logs in as a Linux machine has her do it."""


async def test_the_account_may_do_this_and_no_more(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        await applied(bridge, tree, HEADING)
    with tree.bound(tree.account, recipes.PASSWORD) as account:
        ada, unit = str(ref(tree, "ada").name), f"ou=services,{tree.base}"
        assert account.search(ada, "(objectClass=*)", attributes=["uid", "userPassword"])
        shown = {name for name, values in account.response[0]["raw_attributes"].items() if values}
        assert shown == {"uid"}, "it reads no password"
        tries = {
            "others": account.add(f"cn=own,{unit}", ["device"]),
            "itself": account.modify(tree.account, {"description": [("MODIFY_REPLACE", ["x"])]}),
            "its unit": account.modify_dn(f"ou=people,{tree.base}", "ou=folk"),
            "rights": account.modify(f"ou=people,{tree.base}", {"aci": [("MODIFY_REPLACE", ["x"])]}),
        }
    assert tries == dict.fromkeys(tries, False)


async def test_many_at_once_have_a_number_each(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        users = [create(tree, f"user{each}") for each in range(150)]
        groups = [operation(group_ref(tree, f"group{each}"), Create({})) for each in range(50)]
        results = await bridge.settle(*users, *groups, seconds=60)
    of_users, of_groups = list(results[:150]), list(results[150:])
    assert sorted(told(of_users)) == list(range(FIRST, FIRST + 150))
    assert sorted(told(of_groups, "gidNumber")) == list(range(FIRST_OF_GROUPS, FIRST_OF_GROUPS + 50))
    held = {each["uid"][0]: each for each in at_directory(tree, "posixAccount", ["uid", "uidNumber", "gidNumber"])}
    for number, user in zip(told(of_users), range(150), strict=True):
        assert held[f"user{user}"]["uidNumber"] == held[f"user{user}"]["gidNumber"] == [str(number)]


async def test_no_number_comes_again_after_a_delete_and_a_restart(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        first = await bridge.settle(create(tree, "ada"), create(tree, "bob"))
        await bridge.settle(operation(ref(tree, "ada"), Delete()), operation(ref(tree, "bob"), Delete()))
    async with linux(tree, tmp_path) as bridge:
        second = await bridge.settle(create(tree, "ada"), create(tree, "eve"))
        told_again = await bridge.engine.status(bridge.caller, first[0].id)
    assert sorted(told([*first, *second])) == list(range(FIRST, FIRST + 4))
    assert told_again.assigned == first[0].assigned


async def test_numbers_that_others_gave_at_the_directory_are_passed_over(tree: Tree, tmp_path: Path):
    for number in (FIRST, *range(FIRST + 2, FIRST + 40)):
        tree.change(
            f"dn: {ref(tree, f'their{number}').name}\nchangetype: add\nobjectClass: inetOrgPerson\n"
            f"objectClass: posixAccount\ncn: x\nsn: x\nuid: their{number}\nuidNumber: {number}\ngidNumber: 100\n"
            "homeDirectory: /nowhere\n"
        )
    async with linux(tree, tmp_path) as bridge:
        results = await bridge.settle(create(tree, "ada"), create(tree, "eve"))
    assert sorted(told(list(results))) == [FIRST + 1, FIRST + 40]


async def test_what_the_caller_gives_stays(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        own = create(tree, "own", uidNumber=FIRST, gidNumber=10_000)
        results = [*await bridge.settle(own), *await bridge.settle(create(tree, "shared", gidNumber=10_000))]
    assert [each.state for each in results] == [State.SUCCEEDED] * 2, [each.failure for each in results]
    assert [each.assigned for each in results] == [{}, {"uidNumber": (FIRST + 1,)}]
    held = {each["uid"][0]: each for each in at_directory(tree, "posixAccount", ["uid", "uidNumber", "gidNumber"])}
    assert held["own"] == {"uid": ["own"], "uidNumber": [str(FIRST)], "gidNumber": ["10000"]}
    assert held["shared"] == {"uid": ["shared"], "uidNumber": [str(FIRST + 1)], "gidNumber": ["10000"]}


async def test_only_what_the_bridge_gives_may_be_left_out(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        known = (await bridge.catalog[next(iter(bridge.caller.connectors))].schema()).object_types[USER].attributes
        assert all(known[each].required for each in ("uidNumber", "gidNumber", "homeDirectory"))
        with pytest.raises(InvalidValueError, match="needs a value for homeDirectory") as refused:
            await bridge.submit(operation(ref(tree, "ada"), Create({"cn": ("ada",), "sn": ("ada",)})))
    assert refused.value.attributes == ("homeDirectory",)


async def test_members_come_and_go_by_their_uid(tree: Tree, tmp_path: Path):
    async with linux(tree, tmp_path) as bridge:
        ada, bob = await bridge.settle(create(tree, "ada"), create(tree, "bob"))
        both = (ObjectRef(USER, ada.target.anchor), ref(tree, "bob"))
        await bridge.settle(operation(group_ref(tree, "team"), Create({"memberUid": both})))
        assert at_directory(tree, "posixGroup", ["memberUid"]) == [{"memberUid": ["ada", "bob"]}]
        removed = AttributeDelta("memberUid", DeltaKind.REMOVE, (ObjectRef(USER, bob.target.anchor),))
        [result] = await bridge.settle(operation(group_ref(tree, "team"), Update((removed,))))
    assert result.state is State.SUCCEEDED, result.failure
    assert at_directory(tree, "posixGroup", ["memberUid"]) == [{"memberUid": ["ada"]}]


def test_the_command_line_tells_the_numbers_also_after_a_crash(tree: Tree, tmp_path: Path):
    config = written(tree, tmp_path)
    operations = tmp_path / "operations.ndjson"
    lines = tree.here(recipes.block(HEADING, "json")).splitlines()
    operations.write_text("\n".join(lines))
    with serving(config) as bridge:
        applied_first = asked(config, "apply", str(operations), "--json")
        bridge.send_signal(signal.SIGKILL)
    assigned = {each["id"]: each.get("assigned") for each in applied_first}
    numbers = {"uidNumber": [{"integer": str(FIRST)}], "gidNumber": [{"integer": str(FIRST)}]}
    assert assigned["linux-2"] in (numbers, {name: [FIRST] for name in numbers}), assigned
    operations.write_text(
        "\n".join([*lines, *(line.replace("linux-", "more-").replace("ada", "eve") for line in lines[1:2])])
    )
    with serving(config) as bridge:
        again = {each["id"]: each.get("assigned") for each in asked(config, "apply", str(operations), "--json")}
        assert {each: again[each] for each in assigned} == assigned
        assert str(FIRST + 1) in json.dumps(again["more-2"])
        [shown] = asked(config, "operations", "show", "linux-2", "--json")
        assert shown["assigned"] == assigned["linux-2"]
        bridge.terminate()


def written(tree: Tree, directory: Path) -> Path:
    """The recipe as a file, with this machine's paths."""
    document: dict[str, Any] = tree.document(RECIPE)
    for name in ("journal", "run"):
        (directory / name).mkdir(mode=0o700)
    secret = directory / "account"
    secret.touch(mode=0o600)
    secret.write_text(recipes.PASSWORD)
    document["journal"] = {"path": str(directory / "journal"), "disk_reserve_mib": 0}
    document["listen"] = {"socket": {"path": str(directory / "run" / "api.sock")}}
    document["connectors"]["linux"]["settings"]["bind"]["password"] = f"file:{secret}"
    config = directory / "bridge.yaml"
    config.write_text(yaml.safe_dump(document))
    return config


@contextmanager
def serving(config: Path) -> Iterator[subprocess.Popen[str]]:
    """The service, from its first line in the log until the test has ended it."""
    with subprocess.Popen(
        [*BRIDGE, "serve", "--config", str(config)], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        try:
            assert any(json.loads(line)["event"] == "started" for line in process.stderr)
            yield process
            process.communicate(timeout=60)
        finally:
            process.kill()


def asked(config: Path, *command: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*BRIDGE, *command, "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
