"""A secret is shown by nothing but `reveal`."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import ChangePassword, Secret, SetPassword

SECRET = Secret("hunter2")


@dataclass
class Holder:
    password: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>20}",
        f"{SECRET:>20}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031 - the way of old logging calls
        repr([SECRET]),
        repr({"password": (SECRET,)}),
        repr(Holder(SECRET)),
        repr(SetPassword(SECRET)),
        repr(ChangePassword(SECRET, Secret("hunter2 too"))),
    ],
)
def test_no_form_of_printing_shows_it(shown: str) -> None:
    assert "***" in shown
    assert "hunter2" not in shown


def test_no_log_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("password %s of %r", SECRET, Holder(SECRET))
    assert caplog.text
    assert "hunter2" not in caplog.text


def test_no_traceback_with_local_variables_shows_it() -> None:
    password = Secret("hunter2")
    try:
        json.dumps({"password": password})
    except TypeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "***" in shown
        assert "hunter2" not in shown
    else:
        pytest.fail("a secret went into JSON")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret is not pickled"):
        pickle.dumps(SECRET, protocol)


def test_it_is_not_copied_by_way_of_pickling() -> None:
    with pytest.raises(TypeError):
        copy.deepcopy(SECRET)
    with pytest.raises(TypeError):
        asdict(Holder(SECRET))


def test_it_takes_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        SECRET.hint = "pet"  # type: ignore[attr-defined]  # the very thing that must fail


@given(text=st.text(), other=st.text())
def test_equal_texts_are_equal_secrets_and_no_hash_tells(text: str, other: str) -> None:
    assert Secret(text).reveal() == text
    assert (Secret(text) == Secret(other)) is (text == other)
    assert hash(Secret(text)) == hash(Secret(other))
    assert Secret(text) != text
