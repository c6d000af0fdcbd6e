"""What a group of tests says of itself. Used by `suite`, which leaves out what cannot be tested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest

from bridge.sdk import Verb
from bridge.sdk.testing.contract.sample import SampleObjects


class Behaviour:
    """Tests of one behaviour; not generated unless the adapter has the verbs and the sample the values."""

    needs: ClassVar[frozenset[Verb]] = frozenset()
    declared: SampleObjects

    @classmethod
    def declared_in(cls, _sample: SampleObjects) -> bool:
        """Whether the sample has what these tests need."""
        return True

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """One test for each attribute that the sample declares."""
        by_fixture: dict[str, Sequence[str]] = {
            "kept_attribute": sorted(cls.declared.values),
            "illegal_attribute": sorted(cls.declared.illegal),
        }
        for fixture, attributes in by_fixture.items():
            if fixture in metafunc.fixturenames:
                metafunc.parametrize(fixture, attributes)
