"""Configuration: one YAML file becomes frozen settings, or every fault in it is told at once.

Called by the command line before anything is opened; `service.run` builds the service from the result.
"""

from bridge.config.loader import load, parse
from bridge.config.settings import (
    CallerSettings,
    ConnectorSettings,
    JournalSettings,
    ListenSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    Settings,
    SocketSettings,
    TlsSettings,
    Via,
)

__all__ = [
    "CallerSettings",
    "ConnectorSettings",
    "JournalSettings",
    "ListenSettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "Settings",
    "SocketSettings",
    "TlsSettings",
    "Via",
    "load",
    "parse",
]
