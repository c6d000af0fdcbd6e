"""Texts of configuration files become settings, or the lines they are refused with."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from bridge.config import Settings, parse
from bridge.model import ConfigurationError
from tests.unit.config.adapters import resolve

Parse = Callable[[str], Settings]
Faults = Callable[[str], list[str]]


@pytest.fixture
def settings_of() -> Parse:
    return lambda text: parse(textwrap.dedent(text), "bridge.yaml", resolve)


@pytest.fixture
def faults_of(settings_of: Parse) -> Faults:
    """The lines of the error that the text is refused with."""

    def refuse(text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as refused:
            settings_of(text)
        return refused.value.message.splitlines()

    return refuse
