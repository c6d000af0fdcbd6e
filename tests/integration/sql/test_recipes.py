"""Each recipe of the README works as it stands, on the tables and procedures that it makes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import adapters.sql
from bridge.sdk import Applied, Delete, Name, ObjectType, Rename, Secret, SetPassword, Verb
from tests.support.sql_connector import attempt, create, opened, replace, user
from tests.support.sql_tables import PASSWORD_REFERENCE, connected

if TYPE_CHECKING:
    from tests.support.containers import PostgreSqlServer

pytestmark = pytest.mark.service

README = (Path(adapters.sql.__file__).parent / "README.md").read_text()
RECIPES = {
    heading: re.findall(r"```(?:sql|yaml)\n(.*?)```", text, re.DOTALL)
    for heading, text in re.findall(r"^## Cookbook: (.*?)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
}
USER = ObjectType("user")
DATABASE = "recipe"


def test_there_is_one_for_each_mode():
    settings = [yaml.safe_load(blocks[1])["object_types"]["user"] for blocks in RECIPES.values()]
    modes = [{key for mode in each.get("operations", {}).values() for key in mode} for each in settings]
    assert [("statements" in mode, "procedure" in mode) for mode in modes] == [
        (False, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("heading", RECIPES)
def test_it_works(postgresql_server: PostgreSqlServer, heading: str):
    server = postgresql_server
    ddl, text = RECIPES[heading]
    url = f"postgresql+psycopg://{server.user}@{server.host}:{server.port}/{DATABASE}"
    settings: dict[str, Any] = {**yaml.safe_load(text), "url": url, "password": PASSWORD_REFERENCE}
    with connected(server) as other:
        other.execute(f"CREATE DATABASE {DATABASE}".encode())
    try:
        with connected(server, DATABASE) as other:
            other.execute(ddl.encode())
        with opened(settings, server.password) as connector:
            connector.adapter.test()
            attributes = connector.adapter.schema().object_types[USER].attributes
            text_attribute = next(each for each in ("full_name", "known_as", "display_name") if each in attributes)
            many = {each: ("1", "2") for each in ("phone", "badge") if each in attributes}
            ann = connector.one(create(user("ann"), **{text_attribute: ("Ann",)}, **many))
            assert isinstance(ann, Applied)
            assert isinstance(connector.one(replace(user("ann"), text_attribute, "Anna")), Applied)
            for each in many:
                assert isinstance(connector.one(replace(user("ann"), each, "2", "3")), Applied)
            assert isinstance(connector.one(attempt(user("ann"), Rename(Name("eve")))), Applied)
            if Verb.SET_PASSWORD not in connector.adapter.withheld():
                assert isinstance(connector.one(attempt(user("eve"), SetPassword(Secret("long enough")))), Applied)
            eve = connector.read(user("eve"))
            assert (eve.anchor, eve.attributes[text_attribute]) == (ann.anchor, ("Anna",))
            assert {each: set(eve.attributes[each]) for each in many} == {each: {"2", "3"} for each in many}
            assert isinstance(connector.one(attempt(user("eve"), Delete())), Applied)
            assert connector.found("user") == []
    finally:
        with connected(server) as other:
            other.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())
