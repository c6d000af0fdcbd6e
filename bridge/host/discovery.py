"""Finds adapters: the entry points of group ``bridge.adapters``, and the ``adapters`` package of a checkout.

Nothing is imported but the small module that holds an adapter's spec; its driver waits until a connector uses it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from bridge.model.errors import ConfigurationError
from bridge.sdk.spec import AdapterSpec

GROUP = "bridge.adapters"
PACKAGE = "adapters"


def find_adapters() -> Mapping[str, AdapterSpec]:
    """Specs by adapter name. Two packages that claim one name are refused, naming both."""
    found: dict[str, AdapterSpec] = {}
    for origin, spec in (*_from_entry_points(), *_from_package()):
        other = found.setdefault(spec.name, spec)
        if other != spec:
            raise ConfigurationError(f"adapter {spec.name} is claimed twice: {other.adapter} and {origin}")
    return found


def _from_entry_points() -> Iterator[tuple[str, AdapterSpec]]:
    for point in entry_points(group=GROUP):
        yield point.value, point.load()


def _from_package() -> Iterator[tuple[str, AdapterSpec]]:
    try:
        package = importlib.import_module(PACKAGE)
    except ImportError:
        return
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{PACKAGE}.{module.name}")
        if hasattr(loaded, "ADAPTER"):
            yield module.name, loaded.ADAPTER
