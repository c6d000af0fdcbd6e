"""The contract that every adapter keeps, as tests that run against its real target.

    TestMyAdapter = contract_suite(spec=ADAPTER, connector="my_connector", sample=SAMPLE)

`my_connector` is a pytest fixture, or a function, that starts or finds the target and gives a `Connector`.
Tests of what the adapter's class does not offer, or of what the sample does not declare, are not generated.
The suite makes objects under names of its own and deletes them again.
"""

import pkgutil

import pytest

# A failed assertion then shows its values to the author, as it does in a test module.
pytest.register_assert_rewrite(*(f"{__name__}.{each.name}" for each in pkgutil.iter_modules(__path__)))

from bridge.sdk.testing.contract.harness import Connector, Harness  # noqa: E402 - after the line above
from bridge.sdk.testing.contract.sample import (  # noqa: E402 - as above
    Nul,
    ObjectSample,
    ReferenceSample,
    SampleObjects,
)
from bridge.sdk.testing.contract.suite import contract_suite  # noqa: E402 - as above

__all__ = [
    "Connector",
    "Harness",
    "Nul",
    "ObjectSample",
    "ReferenceSample",
    "SampleObjects",
    "contract_suite",
]
