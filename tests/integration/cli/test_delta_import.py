"""``import --watermark``: what changed since the run before, and a full import when nobody can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli
from tests.integration.cli.test_apply import file_of, line
from tests.integration.rpc.bridge import PEOPLE, RunningBridge


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "people.watermark"


def applied(ask: Cli, tmp_path: Path, *lines: str) -> None:
    assert ask("apply", file_of(tmp_path, *lines)).code == 0


def deleted(name: str) -> str:
    target = {"objectType": "user", "name": name}
    return json.dumps({"id": f"op-{name}-deleted", "connector": "people", "target": target, "delete": {}})


def told(documents: list[dict]) -> list[tuple[str, str | None]]:
    """What a run told, without the anchors: the kind of import, then names, or None for what is gone."""
    (kind, *changes) = documents
    return [("import", kind["import"]), *(("changed", each.get("name")) for each in changes)]


def test_the_first_run_is_full_and_the_next_ones_tell_changes(ask: Cli, tmp_path: Path, kept: Path):
    applied(ask, tmp_path, line("ada"), line("eve"))
    full = ask("import", "people", "--watermark", kept)
    assert told(full.documents) == [("import", "full"), ("changed", "ada"), ("changed", "eve")]
    assert full.err == "2 objects imported (full import)\n"
    applied(ask, tmp_path, line("zoe"), deleted("ada"))
    delta = ask("import", "people", "--watermark", kept)
    assert told(delta.documents) == [("import", "delta"), ("changed", "zoe"), ("changed", None)]
    gone = full.documents[1]["anchor"]
    assert delta.documents[-1] == {"object_type": "user", "anchor": gone, "deleted": True}
    assert told(ask("import", "people", "--watermark", kept).documents) == [("import", "delta")]


def test_a_watermark_that_expired_leads_to_a_full_import(ask: Cli, bridge: RunningBridge, tmp_path: Path, kept: Path):
    applied(ask, tmp_path, line("ada"))
    ask("import", "people", "--watermark", kept)
    kept.write_text(json.dumps({"connector": PEOPLE, "watermark": "of another store"}))
    again = ask("import", "people", "--watermark", kept)
    assert told(again.documents) == [("import", "full"), ("changed", "ada")]
    assert "a full import follows" in again.err
    assert told(ask("import", "people", "--watermark", kept).documents) == [("import", "delta")]


def test_a_run_that_fails_leaves_the_watermark_alone(ask: Cli, bridge: RunningBridge, tmp_path: Path, kept: Path):
    applied(ask, tmp_path, line("ada"))
    ask("import", "people", "--watermark", kept)
    before = kept.read_bytes()
    applied(ask, tmp_path, line("eve"))
    bridge.cut_off()
    failed = ask("import", "people", "--watermark", kept, "--output", tmp_path / "changes.ndjson")
    assert failed.code == 2
    assert kept.read_bytes() == before
    assert not (tmp_path / "changes.ndjson").exists()
    bridge.let_in()
    assert told(ask("import", "people", "--watermark", kept).documents) == [("import", "delta"), ("changed", "eve")]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("rubbish", "is not a watermark file"),
        ("[]", "is not a watermark file"),
        ('{"connector": "payroll", "watermark": "1"}', "is the watermark of connector 'payroll', not 'people'"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(ask: Cli, kept: Path, content: str, complaint: str):
    kept.write_text(content)
    refused = ask("import", "people", "--watermark", kept)
    assert refused.code == 2
    assert complaint in refused.err
    assert "remove it for a full import" in refused.err
    assert kept.read_text() == content


def test_object_types_are_not_chosen_in_a_delta_import(ask: Cli, kept: Path):
    refused = ask("import", "people", "--watermark", kept, "--type", "user")
    assert refused.code == 2
    assert "--type and --watermark exclude each other" in refused.err
