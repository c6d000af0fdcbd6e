"""What the host gives an adapter besides its configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.model.identity import ConnectorName
from bridge.model.secrets import Secret


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """`resolve_secret` turns a SecretReference into its value; call it in `open`, keep the result in no attribute that
    is ever printed.
    """

    connector: ConnectorName
    resolve_secret: Callable[[str], Secret]
