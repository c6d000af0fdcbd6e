"""Certificates for the TLS tests: an authority, and whatever it is asked to sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.client import TlsFiles
from bridge.ingress.rpc import TlsListener

DAY = timedelta(days=1)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass
class Pair:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates into a directory."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self.directory = directory
        self.path = directory / f"{name}.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        certificate = self._builder(self._subject, self._key.public_key(), datetime.now(UTC) + DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.path.write_bytes(self._signed(certificate))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 2 * DAY)
            .not_valid_after(until)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        common_name: str,
        *,
        names: Sequence[x509.GeneralName] = (),
        until: datetime | None = None,
        file: str | None = None,
    ) -> Pair:
        """A certificate for these names, valid until tomorrow unless told otherwise."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(common_name), key.public_key(), until or datetime.now(UTC) + DAY)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        pair = Pair(self.directory / f"{file or common_name}.crt", self.directory / f"{file or common_name}.key")
        pair.certificate.write_bytes(self._signed(builder))
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair

    def server(self, file: str = "server") -> Pair:
        return self.issue("bridge", names=[x509.DNSName("bridge.test")], file=file)

    def listener(self, pair: Pair, address: str = "127.0.0.1:0") -> TlsListener:
        return TlsListener(address, pair.certificate, pair.key, self.path)

    def files(self, pair: Pair, server: Authority | None = None) -> TlsFiles:
        """What a client holds that shows this certificate, and trusts the authority (or the one given)."""
        return TlsFiles((server or self).path, pair.certificate, pair.key, "bridge.test")
