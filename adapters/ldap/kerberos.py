"""The bind by Kerberos: SASL GSSAPI (RFC 4752), with a ticket that a keytab or a credential cache brings.

Over TLS the bind is tied to the channel, so that nobody in between can use it on another one; without TLS the session
encrypts all that follows, or there is no bind. Called by `binding`; needs the package gssapi.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gssapi
from gssapi.exceptions import GSSError
from gssapi.raw import ChannelBindings

from adapters.ldap.config import KerberosBind
from adapters.ldap.sealing import LONGEST, Seal
from bridge.sdk import BadCredentialsError, BridgeError, ConfigurationError, ConnectionFailedError

PLAIN: Final = 1
SEALED: Final = 4
"""Of the security layers (RFC 4752 §3.3) those in use: none inside TLS, else encryption."""

_OFFER: Final = 4
"""Bytes: the layers that the server allows, and the longest part that it takes."""

_REFUSED: Final = {
    -1765328378: "its principal is not known to the domain",
    -1765328366: "its account is disabled or locked",
    -1765328361: "its password has expired",
    -1765328360: "its key is not the domain's; make the keytab anew",
    -1765328353: "its key is not the domain's; make the keytab anew",
    -1765328352: "its ticket has expired; see to the credential cache",
    -1765328243: "the credential cache holds no ticket for it",
}
_MISCONFIGURED: Final = {
    -1765328377: "the domain knows no service ldap of that name; url or tls.server_name must be the server's own name",
    -1765328347: "this machine's clock differs from the domain's by more than five minutes",
    -1765328230: "/etc/krb5.conf tells no server for the realm, and neither does DNS",
    -1765328203: "the keytab has no key of the principal",
    -1765328189: "the keytab has no key of the principal, or there is no such credential cache",
}
"""Codes of libkrb5 (krb5.h). What is in neither table may pass: the domain is not reached, for example."""

Ask = Callable[[bytes], tuple[int, bytes]]


def bind(how: KerberosBind, server_name: str, channel: bytes | None, ask: Ask) -> Seal | None:
    """Steps of the bind by `ask`, which gives what the server says to each. `channel` is what TLS binds to; where it is
    None, the seal for all that follows."""
    try:
        context = _context(how, server_name, channel)
        said = None
        while not context.complete:
            token = context.step(said)
            _, said = ask(token or b"")
        layer = SEALED if channel is None else PLAIN
        most = _agreed(context.unwrap(said or b"").message, layer)
        longest = LONGEST if layer == SEALED else 0
        ask(context.wrap(bytes((layer,)) + longest.to_bytes(3, "big"), encrypt=False).message)
    except GSSError as error:
        raise _failure(error) from error
    return _Sealing(context, most) if layer == SEALED else None


def _agreed(offer: bytes, layer: int) -> int:
    """The longest part that the server takes."""
    if len(offer) != _OFFER:
        raise ConnectionFailedError("the server's offer of security layers cannot be read (RFC 4752)")
    if not offer[0] & layer:
        raise ConfigurationError(
            "the server wants no encryption by Kerberos; use TLS"
            if layer == SEALED
            else "the server allows no bind by Kerberos inside TLS; use ldap:// with protection: kerberos"
        )
    return int.from_bytes(offer[1:], "big")


def _context(how: KerberosBind, server_name: str, channel: bytes | None) -> Any:
    flag = gssapi.RequirementFlag
    flags = flag.mutual_authentication | flag.integrity | flag.replay_detection | flag.out_of_sequence_detection
    return gssapi.SecurityContext(
        name=gssapi.Name(f"ldap@{server_name}", gssapi.NameType.hostbased_service),
        creds=gssapi.Credentials(name=_principal(how), usage="initiate", store=_store(how)),
        mech=gssapi.MechType.kerberos,
        flags=flags | flag.confidentiality if channel is None else flags,
        channel_bindings=None if channel is None else ChannelBindings(application_data=channel),
        usage="initiate",
    )


def _principal(how: KerberosBind) -> Any:
    return gssapi.Name(how.principal, gssapi.NameType.kerberos_principal) if how.principal else None


def _store(how: KerberosBind) -> dict[str, str]:
    if how.credential_cache is not None:
        return {"ccache": f"FILE:{_private(how.credential_cache)}"}
    assert how.keytab is not None  # noqa: S101 - the configuration has one of both
    # Tickets stay in this process; libkrb5 fetches new ones before they expire.
    return {"client_keytab": f"FILE:{_private(how.keytab)}", "ccache": f"MEMORY:{how.keytab}:{how.principal}"}


def _private(path: Path) -> Path:
    """A keytab is as good as a password."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if mode & 0o007:
        raise ConfigurationError(f"{path} is open to every user of this machine: chmod o= {path}")
    return path


def _failure(error: GSSError) -> BridgeError:
    # Codes of libkrb5 are negative 32-bit numbers, which GSSAPI hands on as unsigned ones.
    code = int(error.min_code) - 2**32 if error.min_code >= 2**31 else int(error.min_code)
    if code in _REFUSED:
        return BadCredentialsError(f"Kerberos refuses the connector's account: {_REFUSED[code]}")
    if code in _MISCONFIGURED:
        return ConfigurationError(f"Kerberos: {_MISCONFIGURED[code]}")
    return ConnectionFailedError(f"Kerberos: {error.gen_message()}")


class _Sealing:
    """Encrypts and decrypts with the session's key."""

    def __init__(self, context: Any, longest: int) -> None:
        self._context = context
        self.most: int = context.get_wrap_size_limit(longest, encrypted=True)

    def wrap(self, plain: bytes) -> bytes:
        try:
            sealed = self._context.wrap(plain, encrypt=True)
        except GSSError as error:
            raise OSError(f"the Kerberos session ended: {error.gen_message()}") from error
        if not sealed.encrypted:
            raise OSError("the Kerberos session does not encrypt")
        return bytes(sealed.message)

    def unwrap(self, sealed: bytes) -> bytes:
        try:
            opened = self._context.unwrap(sealed)
        except GSSError as error:
            raise OSError(f"not sealed by the server: {error.gen_message()}") from error
        if not opened.encrypted:
            raise OSError("a part came in clear")
        return bytes(opened.message)
