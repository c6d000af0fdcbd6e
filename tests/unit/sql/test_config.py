"""Settings are closed, and a fault in them names its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sql import ADAPTER
from adapters.sql.config import SqlConfig, TableAttribute
from bridge.sdk import AdapterContext, ConnectorName, Secret, Verb

USER = {"table": "person", "name": "login"}


def config(**settings: Any) -> SqlConfig:
    return SqlConfig.model_validate({"url": "sqlite:////x.db", "object_types": {"user": USER}, **settings})


def attributes(**each: Any) -> dict[str, Any]:
    return {"object_types": {"user": {**USER, "attributes": each}}}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "no url"}, "not an SQLAlchemy URL"),
        ({"url": "oracle://host/x"}, "not supported; there are sqlite+pysqlite, postgresql+psycopg, mariadb+pymysql"),
        ({"url": "sqlite:///people.db"}, "the file's path is not absolute"),
        ({"url": "postgresql://bridge:hunter2@host/hr"}, "holds a password; take it out"),
        *(
            ({"url": url}, "names no file")
            for url in ("sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true")
        ),
        ({"password": "plain"}, "a secret stands here as a reference"),
        ({"colour": 1}, "colour"),
        ({"zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"object_types": {}}, "object_types"),
        ({"keep_markers_days": 0}, "keep_markers_days"),
        (attributes(boss={"column": "boss", "references": "usr"}), "object_types.user.attributes.boss.references"),
        (attributes(active={"column": "a", "when_true": 1}), "given together"),
        (attributes(active={"column": "a", "when_true": 1, "when_false": 1}), "are the same"),
        (attributes(phone={"table": "phone", "column": "number"}), "owner"),
        (attributes(phone={"column": "number", "owner": "x"}), "owner"),
    ],
)
def test_a_fault_names_its_place(settings: dict[str, Any], message: str):
    with pytest.raises(ValidationError) as raised:
        config(**settings)
    assert message in str(raised.value)


def test_faults_of_several_fields_are_told_together():
    with pytest.raises(ValidationError) as raised:
        config(url="sqlite:///people.db", zone="Mars/Olympus", colour=1)
    assert {each["loc"] for each in raised.value.errors()} == {("url",), ("zone",), ("colour",)}


def test_one_column_needs_no_list():
    made = config(**attributes(phone={"table": "phone", "owner": "person_id", "column": "number"}))
    phone = next(iter(made.object_types.values())).attributes["phone"]
    assert isinstance(phone, TableAttribute)
    assert phone.owner == ("person_id",)


def test_every_field_has_a_sentence():
    schema = SqlConfig.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    bare = [
        (model["title"], name)
        for model in models
        for name, field in model.get("properties", {}).items()
        if "description" not in field
    ]
    assert bare == []


def test_there_is_one_writer_for_sqlite_and_any_number_for_others():
    url = {"sqlite": "sqlite:////people.db", "postgresql": "postgresql+psycopg://bridge@db/people"}
    most = {name: config(url=each).most_workers for name, each in url.items()}
    assert most == {"sqlite": 1, "postgresql": None}


def test_passwords_are_offered_where_an_object_type_has_a_column_for_them():
    with_column = {"user": {**USER, "password": {"column": "hash"}}, "other": USER}
    offered = {
        name: ADAPTER.load_adapter()(config(object_types=types), AdapterContext(ConnectorName("c"), Secret)).withheld()
        for name, types in {"without": {"user": USER}, "with": with_column}.items()
    }
    passwords = {Verb.SET_PASSWORD, Verb.CHANGE_PASSWORD}
    assert {name: verbs & passwords for name, verbs in offered.items()} == {"without": passwords, "with": frozenset()}
