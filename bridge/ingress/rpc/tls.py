"""The certificates of the TLS listener, read again for the next handshake after their files change.

Streams that are open keep the connection they were opened on, so a rotation drops nothing.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from bridge.model.errors import ConfigurationError
from bridge.telemetry.logging import get_logger

log = get_logger()

_OTHERS = 0o007


@dataclass(frozen=True, slots=True)
class TlsListener:
    """Where to listen, the server's own certificate and key, and the authorities of callers' certificates.

    `address` is "host:port"; port 0 takes a free one. All files are PEM.
    """

    address: str
    certificate: Path
    key: Path
    client_ca: Path

    @property
    def files(self) -> tuple[Path, Path, Path]:
        return (self.certificate, self.key, self.client_ca)


class CertificateFiles:
    """The current certificates. grpc asks `changed` before each handshake, from a thread of its own."""

    def __init__(self, listener: TlsListener) -> None:
        self._listener = listener
        self._seen = self._stamp()
        self._current = load(listener)

    def credentials(self) -> grpc.ServerCredentials:
        """Mutual TLS, version 1.2 or later; a client without a certificate is refused in the handshake."""
        return grpc.dynamic_ssl_server_credentials(
            self._current,
            self.changed,  # type: ignore[arg-type]  # the stub leaves out None, which means no change
            require_client_authentication=True,
        )

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new configuration if the files changed and fit together; else None: the one before stays."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return None
            self._seen = stamp
            self._current = load(self._listener)
        except ConfigurationError as error:
            log.warning("tls_files_refused", error=error)
            return None
        return self._current

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Whether a file changed: rewritten in place, or replaced by another."""
        found = [_stat(path) for path in self._listener.files]
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise ConfigurationError(f"TLS file {path} cannot be read: {error.strerror}") from None


def load(listener: TlsListener) -> grpc.ServerCertificateConfiguration:
    """Read and check the files: that they are PEM, that key and certificate belong together."""
    _check_key_mode(listener.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(listener.certificate, listener.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"TLS certificate {listener.certificate} and key {listener.key} cannot be used together: {error}"
        ) from None
    try:
        context.load_verify_locations(listener.client_ca)
        certificate, key, authorities = (path.read_bytes() for path in listener.files)
    except OSError as error:
        raise ConfigurationError(f"TLS client_ca {listener.client_ca} cannot be used: {error}") from None
    return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=authorities)


def _no_password() -> str:
    raise ValueError("the key is encrypted; store it in clear in a file that only the service's user can read")


def _check_key_mode(key: Path) -> None:
    if _stat(key).st_mode & _OTHERS:
        raise ConfigurationError(f"TLS key {key} is open to every user of this machine; chmod o= {key}")
