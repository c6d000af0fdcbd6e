"""Who is calling: the first thing asked of every call, before a byte of its request is decoded.

A peer on the Unix socket is the one caller that the configuration gives the socket to. A peer on TLS is who
its certificate names: its DNS names, else its URIs, else its common name. Nobody else is let in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc

from bridge.model.identity import Caller

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]


class UnauthenticatedError(Exception):
    """The peer is not a caller that the configuration knows. The message is shown to it."""


@dataclass(frozen=True, slots=True)
class CallerDirectory:
    """The callers of the configuration: the one behind the socket, and the others by certificate name."""

    socket: Caller | None = None
    certificates: Mapping[str, Caller] = field(default_factory=dict)


class Gate:
    """Decides for each call anew, so that a directory replaced on reload counts from the next call on."""

    def __init__(self, directory: CallerDirectory) -> None:
        self.directory = directory

    def admit(self, context: Context) -> Caller:
        """The caller behind this call, or UnauthenticatedError."""
        if context.peer().startswith("unix:"):
            if self.directory.socket is None:
                raise UnauthenticatedError("no caller is configured for the Unix socket")
            return self.directory.socket
        return self._by_certificate(certificate_names(context.auth_context()))

    def _by_certificate(self, names: frozenset[str]) -> Caller:
        by_name = self.directory.certificates
        known = {by_name[name].name: by_name[name] for name in names if name in by_name}
        if len(known) == 1:
            return next(iter(known.values()))
        shown = ", ".join(sorted(names)) or "none"
        fault = "more than one caller has" if known else "no caller has"
        raise UnauthenticatedError(f"{fault} a name of this certificate ({shown})")


def certificate_names(authentication: Mapping[str, Any]) -> frozenset[str]:
    """The names that count: the first kind of name that the certificate has."""
    for kind in ("peer_dns", "peer_uri", "x509_common_name"):
        names = authentication.get(kind)
        if names:
            return frozenset(name.decode("utf-8", "replace") for name in names)
    return frozenset()
