"""The only package that an adapter imports: the SPI, and the words of `bridge.model` that it speaks in."""

from bridge.model import *  # noqa: F403 - the vocabulary is part of the SDK's surface, pinned by a test
from bridge.model import __all__ as _model_all
from bridge.model import filters
from bridge.sdk.config import AdapterConfig, SecretReference
from bridge.sdk.context import AdapterContext
from bridge.sdk.error_map import ErrorMap, Translate, translate, translating
from bridge.sdk.spec import AdapterSpec
from bridge.sdk.spi import (
    Adapter,
    ChangesPasswords,
    Creates,
    Deletes,
    Gets,
    HasPartitions,
    KeepsMarkers,
    Query,
    Renames,
    Searches,
    SetsPasswords,
    Success,
    TracksChanges,
    Updates,
    capabilities_of,
)

__all__ = [  # noqa: PLE0604 - both halves are lists of names
    *_model_all,
    "Adapter",
    "AdapterConfig",
    "AdapterContext",
    "AdapterSpec",
    "ChangesPasswords",
    "Creates",
    "Deletes",
    "ErrorMap",
    "Gets",
    "HasPartitions",
    "KeepsMarkers",
    "Query",
    "Renames",
    "Searches",
    "SecretReference",
    "SetsPasswords",
    "Success",
    "TracksChanges",
    "Translate",
    "Updates",
    "capabilities_of",
    "filters",
    "translate",
    "translating",
]
