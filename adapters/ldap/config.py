"""The settings of an LDAP connector: read and checked before anything is opened. Used by `client` and `schema`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from adapters.ldap import dn
from adapters.ldap.filter_text import read_filter
from adapters.ldap.server_kind import ChangeSource, KindName
from adapters.ldap.type_settings import Dn, ObjectTypeSettings, Part, listed
from bridge.sdk import AdapterConfig, SecretReference

SCHEMES: Final = ("ldaps", "ldap", "ldapi")


def _check_filter(text: str) -> str:
    read_filter(text)
    return text


def _check_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES:
        raise ValueError("a url begins with ldaps://, ldap:// or ldapi://")
    if not parts.netloc:
        raise ValueError("a url names a host, or for ldapi:// the socket's path with / written as %2F")
    if parts.path not in {"", "/"} or parts.query:
        raise ValueError("a url ends after host and port; the base DN is the field `base`")
    return text.rstrip("/")


def _check_absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("give an absolute path: the service's working directory is not yours")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_check_absolute)]
Filter = Annotated[str, AfterValidator(_check_filter)]
Url = Annotated[str, AfterValidator(_check_url)]


class Protection(StrEnum):
    """Whether traffic to the server must be protected from readers on the way."""

    REQUIRED = "required"
    """ldaps:// by TLS, ldap:// by StartTLS before anything else is said, ldapi:// by the machine."""
    KERBEROS = "kerberos"
    """ldaps:// by TLS, ldap:// by the session of a bind by Kerberos, which encrypts all that follows it."""
    NONE = "none"
    """ldap:// goes in clear: everything read and written, and the bind, can be read and changed on the way."""


class Tls(Part):
    """How the server proves itself, and how we do. The server's certificate is always verified."""

    ca_file: AbsolutePath | None = Field(
        default=None, description="File of trusted CA certificates, PEM; by default those of the operating system."
    )
    certificate_file: AbsolutePath | None = Field(
        default=None, description="Our certificate, PEM, for a bind by EXTERNAL; none by default."
    )
    key_file: AbsolutePath | None = Field(
        default=None,
        validate_default=True,
        description="The key of our certificate, PEM without passphrase; none by default.",
    )
    server_name: str | None = Field(
        default=None, description="The name the server's certificate must have; by default the host of the url."
    )

    # Rules about several fields stand at the last of them, so that they are told together with the faults of others.

    @field_validator("key_file")
    @classmethod
    def _pair(cls, key_file: Path | None, others: ValidationInfo) -> Path | None:
        if "certificate_file" in others.data and (others.data["certificate_file"] is None) != (key_file is None):
            raise ValueError("certificate_file and key_file come together: give both or none")
        return key_file


class SimpleBind(Part):
    """Bind with DN and password."""

    method: Literal["simple"]
    dn: Dn = Field(description="The account's DN.")
    password: SecretReference = Field(description="Where its password is kept.")


class ExternalBind(Part):
    """Bind by SASL EXTERNAL: the server knows us by our TLS certificate, or on ldapi:// by our process's user."""

    method: Literal["external"]


class KerberosBind(Part):
    """Bind by Kerberos (SASL GSSAPI). The realm's servers are told by /etc/krb5.conf or DNS."""

    method: Literal["kerberos"]
    principal: str | None = Field(
        default=None, min_length=1, description="The account, as user@REALM; by default the first of the file below."
    )
    keytab: AbsolutePath | None = Field(default=None, description="File with the account's key; or credential_cache.")
    credential_cache: AbsolutePath | None = Field(
        default=None,
        validate_default=True,
        description="File with the account's ticket, which something else keeps fresh; or keytab.",
    )

    @field_validator("credential_cache")
    @classmethod
    def _one(cls, credential_cache: Path | None, others: ValidationInfo) -> Path | None:
        if "keytab" in others.data and (others.data["keytab"] is None) == (credential_cache is None):
            raise ValueError("give keytab or credential_cache, and not both")
        return credential_cache


Bind = SimpleBind | ExternalBind | KerberosBind


class Protected(Part):
    """What no request may touch. The account that we bind as belongs to it without being listed."""

    dns: tuple[Dn, ...] = Field(
        default=(), description="DNs that are left alone with all that lies below them; none by default."
    )
    filters: tuple[Filter, ...] = Field(
        default=(), description="LDAP filters of entries that are left alone, e.g. (ou=break-glass); none by default."
    )


class LdapConfig(AdapterConfig):
    """Everything an LDAP connector is told."""

    urls: tuple[Url, ...] = Field(
        min_length=1,
        description="The servers in order of preference, one used at a time: ldaps://, ldap:// or ldapi://.",
    )
    protection: Protection = Field(
        default=Protection.REQUIRED,
        description="`required` (default): ldap:// urls use StartTLS; `kerberos`: ldap:// is encrypted by the bind's "
        "own session, with bind.method kerberos; `none`: ldap:// in clear, read and changed by "
        "anybody on the way; passwords are refused then, and a simple bind is allowed to loopback addresses only.",
    )
    tls: Tls = Field(
        default=Tls(),
        description="Certificates; by default the operating system's CAs and none of our own.",
    )
    bind: Bind = Field(discriminator="method", description="How we authenticate.")
    base: Dn | tuple[Dn, ...] = Field(
        min_length=1, description="The DN below which everything in scope lies, or a list of such DNs."
    )
    server_kind: KindName | None = Field(
        default=None,
        description="The kind of server; by default what its root DSE tells, openldap if it tells nothing known.",
    )
    anchor_attribute: str | None = Field(
        default=None,
        description="The attribute that identifies an entry for ever; by default entryUUID, on 389ds nsUniqueId, on "
        "active_directory objectGUID.",
    )
    change_source: ChangeSource | None = Field(
        default=None,
        description="What a delta import reads: syncrepl or accesslog on openldap, retro_changelog on 389ds, dirsync "
        "or usn_changed on active_directory; by default the first of the kind's that the server offers.",
    )
    protected: Protected = Field(
        default=Protected(), description="Entries that are never written, besides the kind's own; none by default."
    )
    object_types: Mapping[str, ObjectTypeSettings] = Field(
        min_length=1, description="The object types, by the names that callers use."
    )
    connect_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Seconds for each of: finding the address and connecting, TLS, the bind; 10 by default.",
    )
    operation_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Seconds without an answer until a batch is given up as uncertain; 30 by default.",
    )
    replication_seconds: float = Field(
        default=30.0,
        ge=0,
        le=86_400,
        description="Seconds until what was written to one server is surely on the others; 30 by default. After a "
        "write no other server is used for so long.",
    )
    max_request_bytes: int | None = Field(
        default=None,
        ge=65_536,
        description="Longest request in bytes; a longer one is rejected here: the server would hang up on it and on "
        "all that is in flight with it. By default what the kind of server takes; raise it with the server's own limit "
        "(sockbuf_max_incoming_auth, nsslapd-maxbersize, MaxReceiveBuffer).",
    )
    page_size: int = Field(
        default=500, gt=0, le=10_000, description="Most objects a search asks of the server at a time; 500 by default."
    )

    @field_validator("bind")
    @classmethod
    def _channels_fit(cls, bind: Bind, others: ValidationInfo) -> Bind:
        match others.data:
            case {"urls": urls, "protection": protection, "tls": tls}:
                for url in urls:
                    _check_channel(url, bind, protection, tls)
        return bind

    @field_validator("object_types")
    @classmethod
    def _all_below_base(
        cls, object_types: Mapping[str, ObjectTypeSettings], others: ValidationInfo
    ) -> Mapping[str, ObjectTypeSettings]:
        scope = [dn.key(each) for each in listed(others.data.get("base", ""))]
        for name, settings in object_types.items():
            for base in settings.bases:
                if not any(dn.is_under(dn.key(base), each) for each in scope):
                    raise ValueError(f"the base of {name} lies outside base; widen base or move it")
        return object_types

    @property
    def bases(self) -> tuple[str, ...]:
        return listed(self.base)


def _check_channel(url: str, bind: Bind, protection: Protection, tls: Tls) -> None:
    clear = url.startswith("ldap://") and protection is not Protection.REQUIRED
    match bind:
        case KerberosBind() if clear and protection is Protection.NONE:
            raise ValueError("a bind by Kerberos can protect ldap://: use protection: kerberos, or required")
        case KerberosBind() if url.startswith("ldapi://"):
            raise ValueError("a bind by Kerberos needs the server's name: use ldap:// or ldaps://")
        case SimpleBind() | ExternalBind() if protection is Protection.KERBEROS:
            raise ValueError("protection: kerberos needs bind.method kerberos")
        case SimpleBind() if clear and not _is_loopback(urlsplit(url).hostname or ""):
            raise ValueError("a simple bind would send the password in clear: use ldaps:// or protection: required")
        case ExternalBind() if clear:
            raise ValueError("an EXTERNAL bind needs TLS or ldapi://: use ldaps:// or protection: required")
        case ExternalBind() if not url.startswith("ldapi://") and tls.certificate_file is None:
            raise ValueError("an EXTERNAL bind over TLS needs tls.certificate_file and tls.key_file")
        case _:
            pass


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
