"""Each recipe of docs/adapters/ldap.md works as it stands, on a real server, with no more rights than the page has."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bridge.host.discovery import find_adapters
from bridge.model import (
    AttributeDelta,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    Secret,
    State,
    Update,
    new_operation_id,
)
from tests.support import recipes
from tests.support.running import ME, Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.model import Body, OperationStatus, TargetObject
    from tests.support.containers import ActiveDirectoryServer, Ds389Server
    from tests.support.recipes import Tree


@asynccontextmanager
async def cooked(tree: Tree, recipe: str, directory: Path) -> AsyncIterator[Running]:
    """A bridge with the recipe's connector."""
    spec = find_adapters()["ldap"]
    connectors = {str(name): (spec, each) for name, each in tree.settings(recipe).connectors.items()}
    async with running(directory, connectors, resolve_secret=lambda _: Secret(recipes.PASSWORD)) as bridge:
        yield bridge


async def applied(bridge: Running, tree: Tree, heading: str) -> dict[str, OperationStatus]:
    """The results of the page's operations, by id; all have succeeded."""
    results = await bridge.settle(*recipes.operations(tree, heading))
    assert {each.state for each in results} == {State.SUCCEEDED}, [each.failure for each in results]
    return {str(each.id): each for each in results}


async def read(bridge: Running, tree: Tree, object_type: str, name: str) -> TargetObject:
    connector = bridge.catalog[next(iter(bridge.caller.connectors))]
    found = await connector.reader.get(ObjectRef(ObjectType(object_type), name=Name(tree.here(name))))
    assert found is not None
    return found


async def submitted(bridge: Running, ref: ObjectRef, body: Body) -> OperationStatus:
    [result] = await bridge.settle(Operation(new_operation_id(), ME, next(iter(bridge.caller.connectors)), ref, body))
    return result


def describe(ref: ObjectRef) -> tuple[ObjectRef, Body]:
    return ref, Update((AttributeDelta("description", DeltaKind.REPLACE, ("written",)),))


def on_disk(directory: Path) -> bytes:
    return b"".join(each.read_bytes() for each in directory.rglob("*") if each.is_file())


async def test_users_and_groups_in_active_directory(active_directory_server: ActiveDirectoryServer, tmp_path: Path):
    with recipes.in_active_directory(active_directory_server, "People", "Groups") as tree:
        async with cooked(tree, "active-directory.yaml", tmp_path) as bridge:
            results = await applied(bridge, tree, "Users and groups in Active Directory")
            user = await read(bridge, tree, "user", "CN=Ada King,OU=People,DC=example,DC=org")
            assert user.anchor == results["ad-1"].target.anchor
            assert (user.attributes["enabled"], user.attributes["must_change_password"]) == ((False,), (True,))
            group = await read(bridge, tree, "group", "CN=Engines,OU=Groups,DC=example,DC=org")
            assert group.attributes["member"] == (ObjectRef(ObjectType("user"), name=user.name),)
            for ref in (user.ref, group.ref):
                result = await submitted(bridge, ref, Delete())
                assert result.state is State.SUCCEEDED, result.failure
        written = on_disk(tmp_path)
        assert b"sAMAccountName" in written
        assert b"horse" not in written, "the password that the account brought was sealed"
        with tree.bound(tree.account, recipes.PASSWORD) as account:
            people = tree.here("OU=People,DC=example,DC=org")
            tries = {
                "others": account.add(f"CN=own,OU=Services,{tree.base}", ["user"]),
                "another class": account.add(f"CN=own,{people}", ["computer"]),
                "its unit": account.modify(people, {"description": [("MODIFY_REPLACE", ["x"])]}),
                "the whole unit": account.delete(people),
            }
        assert tries == dict.fromkeys(tries, False)


async def test_groups_from_the_cloud_into_active_directory(
    active_directory_server: ActiveDirectoryServer, tmp_path: Path
):
    with recipes.in_active_directory(active_directory_server, "Groups") as tree:
        name = tree.here("CN=Grace Hopper,OU=People,DC=example,DC=org")
        tree.change(f"dn: {name}\nchangetype: add\nobjectClass: user\n")
        async with cooked(tree, "groups-into-active-directory.yaml", tmp_path) as bridge:
            await applied(bridge, tree, "Groups from the cloud into Active Directory")
            user = await read(bridge, tree, "user", name)
            group = await read(bridge, tree, "group", "CN=Cloud readers,OU=Groups,DC=example,DC=org")
            assert group.attributes["member"] == (ObjectRef(ObjectType("user"), name=user.name),)
            assert group.attributes["groupType"] == (-2147483640,)
            by_anchor = AttributeDelta("member", DeltaKind.REMOVE, (ObjectRef(ObjectType("user"), user.anchor),))
            removed = await submitted(bridge, group.ref, Update((by_anchor,)))
            assert removed.state is State.SUCCEEDED, removed.failure
            refused = await submitted(bridge, *describe(user.ref))
            assert refused.failure is not None
            assert refused.failure.code == "permission_denied", "the user is not ours"


async def test_users_and_groups_in_389(ds389_server: Ds389Server, tmp_path: Path):
    with recipes.in_ds389(ds389_server) as tree:
        async with cooked(tree, "389ds.yaml", tmp_path) as bridge:
            results = await applied(bridge, tree, "Users and groups in 389 Directory Server")
            user = await read(bridge, tree, "user", "uid=king,ou=people,dc=example,dc=org")
            assert user.anchor == results["ds-1"].target.anchor
            assert user.attributes["enabled"] == (True,)
            group = await read(bridge, tree, "group", "cn=engines,ou=groups,dc=example,dc=org")
            assert group.attributes["member"] == (ObjectRef(ObjectType("user"), name=user.name),)
            for ref in (user.ref, group.ref):
                result = await submitted(bridge, ref, Delete())
                assert result.state is State.SUCCEEDED, result.failure
