"""A secret put where a reference belongs, or anywhere else, is refused without being repeated."""

from __future__ import annotations

import json
import string
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import parse
from bridge.model import ConfigurationError
from tests.unit.config.adapters import resolve

SECRETS = st.text(alphabet=string.ascii_letters + string.digits + "!*&%@{}[],:'\"#|>- ", min_size=8, max_size=30).map(
    lambda text: f"Zq9{text}9qZ"
)
PLACES = [
    ("connectors", "staff", "settings", "bind", "password"),
    ("connectors", "staff", "settings", "bind", "method"),
    ("connectors", "staff", "settings", "bind"),
    ("connectors", "staff", "settings", "port"),
    ("connectors", "staff", "workers"),
    ("connectors", "staff", "deadline_seconds"),
    ("connectors", "staff"),
    ("journal", "path"),
    ("journal", "max_pending"),
    ("listen", "tls", "address"),
    ("listen", "tls"),
    ("callers",),
    ("log", "level"),
]


def file_with(place: tuple[str, ...], written: str) -> str:
    """A file whose value at the place is the text as it was written: YAML flow style, as JSON is."""
    tree: dict = {
        "callers": [{"name": "local", "via": "socket", "connectors": ["staff"]}],
        "connectors": {
            "staff": {
                "adapter": "awkward",
                "settings": {"bind": {"method": "simple", "account": "a", "password": "file:/x"}},
            }
        },
    }
    here = tree
    for part in place[:-1]:
        here = here.setdefault(part, {})
    here[place[-1]] = "@place@"
    return json.dumps(tree, indent=1).replace('"@place@"', written)


@pytest.mark.parametrize("place", PLACES, ids=".".join)
@given(secret=SECRETS)
def test_no_message_repeats_a_value(place: tuple[str, ...], secret: str):
    for written in (json.dumps(secret), secret):
        try:
            parse(file_with(place, written), "bridge.yaml", resolve)
        except ConfigurationError as refused:
            told = "".join(traceback.format_exception(refused))
            assert secret not in told
            assert "Zq9" not in told


def test_a_plaintext_password_is_refused():
    for password in ("hunter2", "env:PASSWORD", "plain:hunter2", "file:"):
        with pytest.raises(ConfigurationError, match=r"bind\.password"):
            parse(file_with(PLACES[0], json.dumps(password)), "bridge.yaml", resolve)
