"""The adapters that the tests configure: the reference adapter, an awkward one, and one whose driver is missing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.model import ConfigurationError
from bridge.sdk import AdapterConfig, AdapterSpec, SecretReference
from bridge.sdk.testing.memory import ADAPTER as MEMORY


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Simple(Part):
    method: Literal["simple"]
    account: str = Field(description="The account.")
    password: SecretReference = Field(description="Where its password is kept.")


class External(Part):
    method: Literal["external"]


class AwkwardConfig(AdapterConfig):
    bind: Annotated[Simple | External, Field(discriminator="method")] = Field(description="How we authenticate.")
    port: int = Field(default=389, ge=1, le=65535, description="Port.")
    base: tuple[str, ...] = Field(default=(), description="Where to look.")


AWKWARD = AdapterSpec("awkward", f"{__name__}:AwkwardConfig", f"{__name__}:AwkwardConfig", workers=7, settle_time=2.5)
GONE = AdapterSpec("gone", "no_such_driver.config:Config", "no_such_driver.adapter:Adapter", extra="gone")


def resolve(name: str) -> AdapterSpec:
    specs = {each.name: each for each in (MEMORY, AWKWARD, GONE)}
    if name not in specs:
        raise ConfigurationError(f"no adapter has this name; known are: {', '.join(sorted(specs))}")
    return specs[name]
