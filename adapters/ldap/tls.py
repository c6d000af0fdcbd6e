"""TLS towards the server: what we trust, what we show, and the binding of a Kerberos bind to the channel.

Called by `connecting`. The server's certificate is always verified, chain and name; no option turns that off.
"""

from __future__ import annotations

import socket
import ssl
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from adapters.ldap.config import Tls
from bridge.sdk import ConfigurationError


def context(tls: Tls) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cafile=tls.ca_file)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        # Only Python 3.13 insists on every field of RFC 5280; a certificate that 389-ds made for itself lacks one.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if tls.certificate_file is not None:
            made.load_cert_chain(tls.certificate_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"a file under tls cannot be used: {error}") from error
    return made


def wrap(connected: socket.socket, trusted: ssl.SSLContext, name: str, seconds: float) -> ssl.SSLSocket:
    """Shake hands within that time. OSError, of which ssl.SSLError is one, if the server does not prove itself."""
    # Python counts the timeout over the whole handshake, not anew for each packet.
    connected.settimeout(seconds)
    return trusted.wrap_socket(connected, server_hostname=name)


def channel_binding(connected: ssl.SSLSocket) -> bytes:
    """What ties a bind to this channel, so that nobody in between can use it on another (RFC 5929 §4)."""
    encoded = connected.getpeercert(binary_form=True)
    assert encoded is not None  # noqa: S101 - verified, so it was sent
    with warnings.catch_warnings():
        # What a certificate's issuer wrote into it is no business of ours here.
        warnings.simplefilter("ignore")
        algorithm = x509.load_der_x509_certificate(encoded).signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(encoded)
    return b"tls-server-end-point:" + digest.finalize()
