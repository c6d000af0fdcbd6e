"""What an adapter package says of itself is loaded when a connector uses it."""

from __future__ import annotations

import pytest

from bridge.sdk import AdapterSpec, ConfigurationError
from bridge.sdk.testing import hostile, memory


@pytest.mark.parametrize("spec", [memory.ADAPTER, hostile.ADAPTER])
def test_a_spec_loads_its_two_classes(spec: AdapterSpec) -> None:
    adapter = spec.load_adapter()
    config = spec.load_config()
    assert (adapter.__name__.lower(), config.__name__.lower()) == (
        f"{spec.name}adapter",
        f"{spec.name}config",
    )
    assert config()


def test_a_missing_driver_names_the_extra_to_install() -> None:
    spec = AdapterSpec("ldap", config="no_such_driver.config:Config", adapter="no_such_driver:Adapter", extra="ldap")
    with pytest.raises(ConfigurationError, match=r"adapter ldap: .*no_such_driver.*install ecma-bridge\[ldap\]"):
        spec.load_adapter()
    with pytest.raises(ConfigurationError, match=r"install ecma-bridge\[ldap\]"):
        spec.load_config()


def test_without_an_extra_there_is_no_hint() -> None:
    spec = AdapterSpec("own", config="no_such_module:Config", adapter="no_such_module:Adapter")
    with pytest.raises(ConfigurationError) as caught:
        spec.load_adapter()
    assert "install" not in caught.value.message
