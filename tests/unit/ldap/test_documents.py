"""The README and the sample say what the configuration is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

import adapters.ldap
from adapters.ldap.config import LdapConfig, Protected, SimpleBind, Tls
from adapters.ldap.type_settings import Enabled, ObjectTypeSettings, StoredReference

if TYPE_CHECKING:
    from pydantic import BaseModel

HERE = Path(adapters.ldap.__file__).parent
MODELS: tuple[type[BaseModel], ...] = (
    LdapConfig,
    Tls,
    SimpleBind,
    ObjectTypeSettings,
    Enabled,
    StoredReference,
    Protected,
)


def test_the_sample_is_a_valid_connector():
    [sample] = yaml.safe_load((HERE / "sample.yaml").read_text()).values()
    assert sample["adapter"] == adapters.ldap.ADAPTER.name
    assert LdapConfig.model_validate(sample["settings"])


def test_every_option_stands_in_both():
    readme, sample = ((HERE / name).read_text() for name in ("README.md", "sample.yaml"))
    options = {name for model in MODELS for name in model.model_fields}
    assert {name for name in options if name not in readme} == set()
    assert {name for name in options if name not in sample} == set()
