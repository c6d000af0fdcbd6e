"""What an adapter package says of itself: `ADAPTER = AdapterSpec(...)` in its ``__init__``, importing no driver."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from bridge.model.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.sdk.config import AdapterConfig
    from bridge.sdk.spi import Adapter


@dataclass(frozen=True, slots=True)
class AdapterSpec:
    """`config` and `adapter` are ``"module:Class"``, loaded when a connector uses them.

    `extra` is the extra of the distribution that installs the driver. `workers` is how many instances write at once
    unless the configuration says otherwise. `settle_time` (seconds) is how long after a lost call the target may
    still apply it: a confirm waits that long. `batch_size` is the most operations one export call is given.
    """

    name: str
    config: str
    adapter: str
    extra: str | None = None
    workers: int = 1
    batch_size: int = 256
    settle_time: float = 1.0

    def load_config(self) -> type[AdapterConfig]:
        return cast("type[AdapterConfig]", self._load(self.config))

    def load_adapter(self) -> type[Adapter[AdapterConfig]]:
        return cast("type[Adapter[AdapterConfig]]", self._load(self.adapter))

    def _load(self, path: str) -> Any:
        module, _, attribute = path.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except ImportError as error:
            hint = f"; install ecma-bridge[{self.extra}]" if self.extra else ""
            raise ConfigurationError(f"adapter {self.name}: {error}{hint}") from error
