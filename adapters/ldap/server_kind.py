"""What differs between kinds of directory server, in one place: a profile per kind.

`detect` chooses one by the root DSE; `schema` keeps it in the Directory, where `translate` and `plans` ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapters.ldap import anchors, conditions, encoding
from adapters.ldap.account_flags import (
    BIT_AND,
    LOCKED,
    MUST_CHANGE_PASSWORD,
    DisablingBit,
    Flag,
    Lock,
    OneValue,
    State,
)
from adapters.ldap.anchors import AnchorForm
from adapters.ldap.decoding import Entry
from adapters.ldap.encoding import Request
from bridge.sdk import ENABLED

_LDAP: Final = "1.3.6.1.4.1.1466.115.121.1."
_MICROSOFT: Final = "1.2.840.113556.1.4."
_PAGED: Final = {encoding.PAGED_RESULTS: "paged results (RFC 2696)"}
_POST_READ: Final = {encoding.POST_READ: "post-read control (RFC 4527)"}
_ASSERTION: Final = {encoding.ASSERTION: "assertion control (RFC 4528)"}
_MATCHED_VALUES: Final = {encoding.MATCHED_VALUES: "matched values control (RFC 3876)"}
_PASSWD_MODIFY: Final = {encoding.PASSWD_MODIFY: "password modify (RFC 3062)"}


class KindName(StrEnum):
    """As the configuration calls them."""

    OPENLDAP = "openldap"
    DS389 = "389ds"
    ACTIVE_DIRECTORY = "active_directory"


class ChangeSource(StrEnum):
    """What a delta import reads, as the configuration calls it; `changes` has a module for each."""

    SYNCREPL = "syncrepl"
    ACCESSLOG = "accesslog"
    RETRO_CHANGELOG = "retro_changelog"
    DIRSYNC = "dirsync"
    USN_CHANGED = "usn_changed"


@dataclass(frozen=True, slots=True)
class Rules:
    """Matching rules of a syntax, where the server's schema names none."""

    equality: str
    ordering: str = ""
    substring: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    """One kind of server. Names of attributes and classes that are looked up are in lower case."""

    name: str
    anchor: str
    """The attribute that never changes."""
    anchor_form: AnchorForm
    version: str
    """The attribute that changes with every write of an entry."""
    dn_attribute: str
    """The attribute by which a search finds an entry's own DN."""
    controls: Mapping[str, str]
    """What the adapter uses, by OID, and what people call it."""
    extensions: Mapping[str, str]
    password: Callable[[str, bytes | None, bytes], Request]
    """Sets a password, or changes it where the old one is given."""
    first_password: Callable[[bytes], tuple[str, Sequence[bytes]]] | None = None
    """What a new account brings its password by, in the types that have `flags_of`; None where it is set later only."""
    flags: Mapping[str, Flag]
    """What is true or false about an account, in the types that have `flags_of`, where the schema has its attribute."""
    flags_of: str
    repaired: frozenset[str] = frozenset({"member", "uniquemember"})
    """References that do not surely follow a rename by themselves."""
    backlink: str = ""
    """The attribute that is in the schema where the server can keep backlinks."""
    confused_by_assertion: str = ""
    """Stands in the diagnostic where the server refused a true assertion: OpenLDAP's unique overlay hands the control
    on to a search of its own."""
    same_password: str = ""
    """Stands in the diagnostic where a policy refused a password because it is the present one."""
    same_values: frozenset[int]
    """The results of a modify that adds what is there, or removes what is not."""
    max_request_bytes: int
    """What the server takes unless told otherwise."""
    supplied: frozenset[str] = frozenset()
    """Attributes that the schema demands and the server fills in."""
    apart: Mapping[str, str]
    """Classes whose subclass is another sort of object."""
    implied_rules: Mapping[str, Rules]
    """By syntax."""
    protected: Sequence[bytes] = ()
    """Filters of the entries that are never written."""
    change_sources: Sequence[ChangeSource]
    """What it may tell changes by, the best first."""


_CASE_IGNORED: Final = Rules("caseIgnoreMatch", "caseIgnoreOrderingMatch", "caseIgnoreSubstringsMatch")
_CASE_EXACT: Final = Rules("caseExactMatch", "caseExactOrderingMatch", "caseExactSubstringsMatch")
_NUMBERS: Final = Rules("integerMatch", "integerOrderingMatch")
_TIMES: Final = Rules("generalizedTimeMatch", "generalizedTimeOrderingMatch")

OPENLDAP: Final = ServerKind(
    name="OpenLDAP",
    anchor="entryUUID",
    anchor_form=anchors.TEXT,
    version="entryCSN",
    dn_attribute="entryDN",
    controls={**_ASSERTION, **_POST_READ, **_PAGED, **_MATCHED_VALUES},
    extensions=_PASSWD_MODIFY,
    password=encoding.passwd_modify,
    # Its policy overlay is an option, so where `enabled` is kept is a matter of the configuration.
    flags={
        MUST_CHANGE_PASSWORD: OneValue("pwdReset", "TRUE", State.ON),
        # The value that tells of no lock is the administrator's, for ever (draft-behera-ldap-password-policy §5.3.3).
        LOCKED: Lock("pwdAccountLockedTime", no_lock=frozenset({b"000001010000Z"})),
    },
    flags_of="userpassword",
    backlink="memberof",
    confused_by_assertion="unique_search",
    same_password="not being changed from existing value",  # noqa: S106 - what a server says
    same_values=frozenset({16, 20}),
    max_request_bytes=4_194_303,
    apart={},
    implied_rules={},
    change_sources=(ChangeSource.SYNCREPL, ChangeSource.ACCESSLOG),
)

DS389: Final = ServerKind(
    name="389 Directory Server",
    anchor="nsUniqueId",
    anchor_form=anchors.TEXT,
    version="entryusn",
    dn_attribute="entryDN",
    controls={**_POST_READ, **_PAGED},
    extensions=_PASSWD_MODIFY,
    password=encoding.passwd_modify,
    flags={
        ENABLED: OneValue("nsAccountLock", "true", State.OFF),
        # What the server itself writes where an administrator's password must be changed.
        MUST_CHANGE_PASSWORD: OneValue("passwordExpirationTime", "19700101000000Z", State.ON),
        LOCKED: Lock("accountUnlockTime", cleared=("passwordRetryCount", "retryCountResetTime")),
    },
    flags_of="userpassword",
    same_values=frozenset({16, 20}),
    max_request_bytes=2_097_152,
    apart={},
    # Its integers and times compare by size although the schema seldom says so.
    implied_rules={_LDAP + "24": _TIMES, _LDAP + "27": _NUMBERS},
    change_sources=(ChangeSource.RETRO_CHANGELOG,),
)

_DOMAIN_CONTROLLER: Final = b"8192"
_READ_ONLY_DOMAIN_CONTROLLER: Final = b"67108864"

ACTIVE_DIRECTORY: Final = ServerKind(
    name="Active Directory",
    anchor="objectGUID",
    anchor_form=anchors.GUID,
    version="uSNChanged",
    dn_attribute="distinguishedName",
    controls=_PAGED,
    extensions={},
    password=encoding.unicode_pwd,
    first_password=encoding.first_unicode_pwd,
    flags={
        ENABLED: DisablingBit(
            "userAccountControl",
            bit=2,
            plain=512,
            # The first alone would be true of an account that must change its password too.
            never_set={"pwdLastSet": b"0", "msDS-KeyVersionNumber": b"1"},
        ),
        # -1 means that the password was set now.
        MUST_CHANGE_PASSWORD: OneValue("pwdLastSet", "0", State.ON, other_value="-1"),
        LOCKED: Lock("lockoutTime", no_lock=frozenset({b"0"}), unlocked=(b"0",)),
    },
    flags_of="useraccountcontrol",
    repaired=frozenset(),
    # 68 is a member that is there already, 53 one that is not.
    same_values=frozenset({16, 20, 53, 68}),
    max_request_bytes=10_485_760,
    supplied=frozenset(
        {"grouptype", "instancetype", "ntsecuritydescriptor", "objectcategory", "objectsid", "samaccountname"}
    ),
    apart={"user": "computer"},
    implied_rules={
        _LDAP + "7": Rules("booleanMatch"),
        _LDAP + "12": Rules("distinguishedNameMatch"),
        _LDAP + "15": _CASE_IGNORED,
        _LDAP + "24": _TIMES,
        _LDAP + "26": _CASE_EXACT,
        _LDAP + "27": _NUMBERS,
        _LDAP + "36": Rules("numericStringMatch", "numericStringOrderingMatch", "numericStringSubstringsMatch"),
        _LDAP + "40": Rules("octetStringMatch"),
        _LDAP + "44": _CASE_EXACT,
        _LDAP + "53": _TIMES,
        _MICROSOFT + "905": _CASE_IGNORED,
        _MICROSOFT + "906": _NUMBERS,
    },
    protected=(
        # krbtgt, Administrator, the built-in groups of administrators and operators, domain controllers.
        conditions.equal("isCriticalSystemObject", b"TRUE"),
        conditions.equal("sAMAccountName", b"krbtgt"),
        conditions.matching("userAccountControl", BIT_AND, _DOMAIN_CONTROLLER),
        conditions.matching("userAccountControl", BIT_AND, _READ_ONLY_DOMAIN_CONTROLLER),
        # Members of these groups, also through others.
        conditions.equal("adminCount", b"1"),
        # What Microsoft's cloud sync has written here belongs to the cloud.
        conditions.present("msDS-ExternalDirectoryObjectId"),
    ),
    change_sources=(ChangeSource.DIRSYNC, ChangeSource.USN_CHANGED),
)

KINDS: Final[Mapping[KindName, ServerKind]] = {
    KindName.OPENLDAP: OPENLDAP,
    KindName.DS389: DS389,
    KindName.ACTIVE_DIRECTORY: ACTIVE_DIRECTORY,
}
_IS_ACTIVE_DIRECTORY: Final = b"1.2.840.113556.1.4.800"
_389_VENDORS: Final = (b"389 project", b"red hat", b"fedora project")

TELLING: Final = ("supportedCapabilities", "vendorName", "vendorVersion")
"""The attributes of the root DSE that tell the kind."""


def detect(root: Entry) -> ServerKind:
    """By what the root DSE says; OpenLDAP, which says nothing there, is also what an unknown server is taken for."""
    held = {name.lower(): contents for name, contents in root.attributes.items()}
    if _IS_ACTIVE_DIRECTORY in held.get("supportedcapabilities", ()):
        return ACTIVE_DIRECTORY
    told = [each.lower() for name in ("vendorname", "vendorversion") for each in held.get(name, ())]
    if any(each.startswith((*_389_VENDORS, b"389-directory")) for each in told):
        return DS389
    return OPENLDAP
