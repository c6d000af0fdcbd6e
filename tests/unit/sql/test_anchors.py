"""A key and its text are one another's inverse."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from adapters.sql.anchors import AnchorForm
from adapters.sql.codecs import Storage, codec_for
from bridge.sdk import Anchor
from tests.unit.sql.kinds import UTC_ZONE

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INTEGERS = st.integers(-(2**31), 2**31 - 1)


def form(*kinds: sa.types.TypeEngine[object]) -> AnchorForm:
    codecs = [codec_for(kind, Storage.NATIVE, UTC_ZONE) for kind in kinds]
    columns = tuple(sa.Column(f"c{number}", kind) for number, kind in enumerate(kinds))
    return AnchorForm(columns, tuple(codec for codec in codecs if codec is not None))


@given(INTEGERS)
def test_one_number(number: int):
    one = form(sa.Integer())
    assert one.text((number,)) == str(number)
    assert one.key(one.text((number,))) == (number,)


@given(INTEGERS, TEXTS, TEXTS)
def test_several_columns(number: int, first: str, second: str):
    several = form(sa.Integer(), sa.String(), sa.String())
    assert several.key(several.text((number, first, second))) == (number, first, second)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_two_keys_never_have_one_text(a: str, b: str, c: str, d: str):
    pair = form(sa.String(), sa.String())
    assert (pair.text((a, b)) == pair.text((c, d))) == ((a, b) == (c, d))


@given(st.text())
def test_any_text_is_a_key_of_that_text_or_none(text: str):
    for each in (form(sa.Integer()), form(sa.Uuid()), form(sa.Integer(), sa.String(3))):
        key = each.key(Anchor(text))
        assert key is None or each.text(key) == text
