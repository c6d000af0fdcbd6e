"""What can be configured, field by field. The descriptions become the JSON schema and docs/configuration.md.

Filled by `config/loader.py`; read by the composition root. Times are in the unit that a field's name ends in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SkipValidation,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from bridge.config.problems import BESIDE
from bridge.model.identity import Caller, CallerName, ConnectorName
from bridge.sdk.config import AdapterConfig

EVERY_CONNECTOR: Final = "*"
"""In a caller's list of connectors; the loader replaces it by the names of all."""

DEFAULT_SOCKET: Final = Path("/run/ecma-bridge/api.sock")

_NAME: Final = StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")
_ADDRESS: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65_535
_FROM_THE_ADAPTER: Final[Any] = None
"""Stands until the loader has put the adapter's own default in its place."""


def _check_address(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= _LAST_PORT:
        raise ValueError("give HOST:PORT, such as 127.0.0.1:9443 or [::1]:9443")
    return text


def _check_absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("give an absolute path: the service's working directory is not yours")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_check_absolute)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Given(Enum):
    """What a rule about two fields finds in the place of the first, beside its value."""

    FAULTY = "faulty"
    """It was refused by itself, so nothing is known of it."""


class Section(BaseModel):
    """Rules about two fields stand at the second, so that they are told together with the faults of others.

    Frozen, closed to unknown keys, strict about types, and silent about the values it was given."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class JournalSettings(Section):
    """The durable record of operations."""

    path: AbsolutePath = Field(
        default=Path("/var/lib/ecma-bridge"),
        description="Directory of the journal, on a local disk, owned by the service.",
    )
    retention_days: int = Field(
        default=28,
        ge=1,
        le=3650,
        description="How long a final operation is kept, and its id is known again, in days.",
    )
    max_pending: int = Field(
        default=1_000_000,
        ge=1,
        description="Most operations that are not final; more are refused until some are.",
    )
    disk_reserve_mib: int = Field(
        default=1024, ge=0, description="Free disk space, in MiB, below which no operation is accepted."
    )


class SocketSettings(Section):
    """The Unix socket for callers on this machine."""

    path: AbsolutePath = Field(default=DEFAULT_SOCKET, description="Path of the socket.")
    group: str | None = Field(
        default=None,
        description="Group whose members may connect; without it only the service's own user and root.",
    )


class TlsSettings(Section):
    """The TLS port for callers on other machines; each needs a client certificate."""

    address: Annotated[str, AfterValidator(_check_address)] = Field(description="HOST:PORT to listen on.")
    certificate: AbsolutePath = Field(description="PEM file with the server's certificate and its chain.")
    key: AbsolutePath = Field(description="PEM file with the server's private key, mode 0600.")
    client_ca: AbsolutePath = Field(description="PEM file with the authorities whose client certificates are accepted.")


class ListenSettings(Section):
    """Where callers reach the bridge: the socket, the TLS port, or both."""

    socket: SocketSettings | None = Field(default=None, description="The Unix socket; left out, there is none.")
    tls: TlsSettings | None = Field(
        default=None, validate_default=True, description="The TLS port; left out, there is none."
    )

    @field_validator("tls")
    @classmethod
    def _somewhere(cls, tls: TlsSettings | None, others: ValidationInfo) -> TlsSettings | None:
        if tls is None and others.data.get("socket", Given.FAULTY) is None:
            raise ValueError("nobody could connect; add socket: {} or tls: {...}")
        return tls


class Via(StrEnum):
    """How a caller comes in, where no certificate tells who it is."""

    SOCKET = "socket"


class CallerSettings(Section):
    """Who may submit operations, how it is recognised, and the connectors granted to it."""

    name: Annotated[str, _NAME] = Field(description="Name of the caller, as the journal and the audit have it.")
    via: Via | None = Field(
        default=None,
        description="`socket`: everyone who can open the Unix socket is this caller; at most one caller.",
    )
    certificate: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        validate_default=True,
        description="Name in the client certificate (its DNS name, else URI, else common name).",
    )
    connectors: tuple[str, ...] = Field(
        min_length=1, description='Names of the connectors it may use; `["*"]` means all that this file has.'
    )

    @field_validator("certificate")
    @classmethod
    def _recognised_one_way(cls, certificate: str | None, others: ValidationInfo) -> str | None:
        via = others.data.get("via", Given.FAULTY)
        if via is not Given.FAULTY and (via is None) == (certificate is None):
            raise ValueError("give either via: socket or certificate: NAME")
        return certificate

    @property
    def caller(self) -> Caller:
        """The caller in the engine's words."""
        return Caller(CallerName(self.name), frozenset(ConnectorName(each) for each in self.connectors))


class NumberSettings(Section):
    """A sequence of numbers for new objects: each create that gives no value for the attribute gets the next one."""

    attribute: str = Field(min_length=1, max_length=256, description="Integer attribute that gets the number.")
    object_types: tuple[str, ...] = Field(
        min_length=1,
        description="Object types that share the sequence. A number that an object of one of them has at the target "
        "is not given again.",
    )
    first: int = Field(ge=0, le=2**63 - 1, description="The first number.")
    last: int = Field(ge=0, le=2**63 - 1, description="The last number; behind it creates are rejected.")
    also: tuple[str, ...] = Field(
        default=(),
        description="More attributes of the object that get the same number, unless the caller gives them a value.",
    )

    @field_validator("last")
    @classmethod
    def _in_order(cls, last: int, others: ValidationInfo) -> int:
        if others.data.get("first", last) > last:
            raise ValueError("less than first; raise it, or lower the other")
        return last

    @field_validator("also")
    @classmethod
    def _beside_the_first(cls, also: tuple[str, ...], others: ValidationInfo) -> tuple[str, ...]:
        if others.data.get("attribute") in also:
            raise ValueError("names the attribute that gets the number anyway; take it out")
        return also


class ConnectorSettings(Section):
    """One connector: an adapter, configured for one target."""

    adapter: str = Field(description="Name of the adapter.")
    workers: int = Field(
        default=_FROM_THE_ADAPTER,
        ge=1,
        le=256,
        description="Adapter instances that write at the same time; without it what the adapter advises.",
    )
    batch_size: int = Field(
        default=_FROM_THE_ADAPTER,
        ge=1,
        le=10_000,
        description="Most operations given to the target at once; without it what the adapter advises.",
    )
    deadline_seconds: Seconds = Field(
        default=30.0, description="Time a call to the target may take; one that takes longer is in doubt."
    )
    settle_seconds: float = Field(
        default=_FROM_THE_ADAPTER,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="Time after a lost call within which the target may still apply it; a confirm waits "
        "that long. Without it what the adapter advises.",
    )
    retry_first_seconds: Seconds = Field(
        default=1.0,
        description="Pause before the second attempt of an operation; it grows fivefold each time.",
    )
    retry_longest_seconds: Seconds = Field(
        default=1800.0, validate_default=True, description="Longest pause between two attempts."
    )
    max_age_days: int = Field(
        default=28,
        ge=1,
        le=3650,
        description="Age at which an operation that still fails is parked for a person.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="Failed calls in a row after which the target counts as unreachable.",
    )
    canary_seconds: Seconds = Field(
        default=60.0, description="Longest pause between two tries whether an unreachable target is back."
    )
    numbers: tuple[NumberSettings, ...] = Field(
        default=(), description="Numbers that the bridge gives to new objects, such as uidNumber."
    )
    settings: SkipValidation[AdapterConfig] = Field(
        # The loader validates this with the adapter's own model, and puts that model here.
        default=_FROM_THE_ADAPTER,
        description="The adapter's own options; see the adapter's README.",
    )

    @field_validator("retry_longest_seconds")
    @classmethod
    def _pauses_in_order(cls, longest: float, others: ValidationInfo) -> float:
        if others.data.get("retry_first_seconds", longest) > longest:
            raise PydanticCustomError(
                BESIDE, "less than retry_first_seconds; raise it, or lower the other", {BESIDE: "retry_first_seconds"}
            )
        return longest

    @field_validator("numbers")
    @classmethod
    def _one_sequence_each(cls, numbers: tuple[NumberSettings, ...]) -> tuple[NumberSettings, ...]:
        attributes = [each.attribute for each in numbers]
        if len(set(attributes)) < len(attributes):
            raise ValueError("two sequences are for the same attribute; give one, with all object_types")
        return numbers

    def numbered(self, object_type: str) -> frozenset[str]:
        """The attributes of a new object that the bridge gives a number where the caller gives none."""
        return frozenset(
            name for each in self.numbers if object_type in each.object_types for name in (each.attribute, *each.also)
        )


class LogLevel(StrEnum):
    """The least important lines that are still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    JSON = "json"
    TEXT = "text"


class LogSettings(Section):
    """The log, on standard error. The audit trail is another thing: it is in the journal."""

    level: LogLevel = Field(default=LogLevel.INFO, description="`debug`, `info`, `warning` or `error`.")
    format: LogFormat = Field(default=LogFormat.JSON, description="`json`, one object a line, or `text`, for people.")


class Settings(Section):
    """The whole file."""

    journal: JournalSettings = Field(default_factory=JournalSettings, description="The durable record of operations.")
    listen: ListenSettings = Field(
        default_factory=lambda: ListenSettings(socket=SocketSettings()),
        description="Where callers reach the bridge; without it the Unix socket at its usual path.",
    )
    callers: tuple[CallerSettings, ...] = Field(min_length=1, description="Who may call. No one else may.")
    connectors: Mapping[Annotated[ConnectorName, _NAME], ConnectorSettings] = Field(
        min_length=1, description="The connectors, by name."
    )
    log: LogSettings = Field(default_factory=LogSettings, description="The log.")
