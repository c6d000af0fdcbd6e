"""Configuration models are closed and frozen; a secret stands there as a reference, never itself."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridge.sdk import AdapterConfig, SecretReference


class Config(AdapterConfig):
    password: SecretReference
    port: int = 389


@pytest.mark.parametrize(
    "reference",
    [
        "file:/etc/ecma-bridge/ldap.password",
        "credential:ldap",
        "keyring:bridge/ldap",
        "command:pass show ldap",
    ],
)
def test_a_reference_is_kept_as_it_stands(reference: str) -> None:
    assert Config(password=reference).password == reference


@pytest.mark.parametrize("text", ["hunter2", "hunter2:hunter2", "file:", "", "FILE:/x", "https://x/hunter2"])
def test_a_secret_in_clear_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError, match="a secret stands here as a reference: file:PATH") as caught:
        Config(password=text)
    assert "hunter2" not in str(caught.value)


def test_the_environment_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="the environment is readable to others"):
        Config(password="env:LDAP_PASSWORD")


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="prot") as caught:
        Config.model_validate({"password": "credential:x", "prot": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_configuration_does_not_change() -> None:
    config = Config(password="credential:x")
    with pytest.raises(ValidationError, match="frozen"):
        config.port = 636  # type: ignore[misc]  # the very thing that must fail
