"""A delta import from the watermark to the next one. Called by `adapter`; a source tells what was touched.

Where the source stands is taken before or with what it tells, never after: what changes meanwhile is told again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.changes import watermarks
from adapters.ldap.changes.accesslog import Accesslog
from adapters.ldap.changes.contexts import contexts_of
from adapters.ldap.changes.dirsync import DirSync
from adapters.ldap.changes.readback import read_back
from adapters.ldap.changes.reading import add_below, ask
from adapters.ldap.changes.retro_changelog import RetroChangelog
from adapters.ldap.changes.source import Found, Gathering, Ground, Position, Run, Source
from adapters.ldap.changes.syncrepl import Syncrepl
from adapters.ldap.changes.usn_changed import UsnChanged
from adapters.ldap.config import LdapConfig
from adapters.ldap.lookup import Known, by_name, only
from adapters.ldap.server_kind import ChangeSource
from bridge.sdk import ChangePage, ConfigurationError, UnsupportedError, Watermark

_SOURCES: Final[Mapping[ChangeSource, Source]] = {
    ChangeSource.SYNCREPL: Syncrepl(),
    ChangeSource.ACCESSLOG: Accesslog(),
    ChangeSource.RETRO_CHANGELOG: RetroChangelog(),
    ChangeSource.DIRSYNC: DirSync(),
    ChangeSource.USN_CHANGED: UsnChanged(),
}

_ROOT: Final = (
    "namingContexts",
    "supportedControl",
    "changeLog",
    "firstChangeNumber",
    "lastChangeNumber",
    "configurationNamingContext",
    "currentTime",
    "dsServiceName",
    "highestCommittedUSN",
)
"""What the sources want to know of the server."""


def watermark(known: Known, config: LdapConfig, run: Run) -> Watermark:
    ground = _ground(known, config, run)
    name = _chosen(ground, config)
    scope = watermarks.fingerprint(known.directory, ground.contexts)
    return watermarks.write(name, scope, _SOURCES[name].position(ground))


def changes(known: Known, config: LdapConfig, run: Run, since: Watermark, page_size: int) -> Iterator[ChangePage]:
    ground = _ground(known, config, run)
    name = _chosen(ground, config)
    scope = watermarks.fingerprint(known.directory, ground.contexts)
    found = Found()
    gathering = _SOURCES[name].gather(ground, watermarks.read(since, name, scope), found)
    # An empty page tells the host that a long reading goes on.
    position = yield from _beats(gathering)
    for moved in dict.fromkeys(found.moved):
        for _ in add_below(ground, moved, found):
            yield ChangePage(())
    yield from read_back(ground, found.touched, page_size)
    yield ChangePage((), watermarks.write(name, scope, position))


def _beats(gathering: Gathering) -> Generator[ChangePage, None, Position]:
    while True:
        try:
            next(gathering)
        except StopIteration as ended:
            position: Position = ended.value
            return position
        yield ChangePage(())


def _ground(known: Known, config: LdapConfig, run: Run) -> Ground:
    root = only(run(ask(by_name("", conditions.present("objectClass"), _ROOT))), "the root DSE")
    told = {name.lower(): contents for name, contents in root.attributes.items()} if root else {}
    names = [each.decode("utf-8", "replace") for each in told.get("namingcontexts", ())]
    contexts = contexts_of(names, [key for rules in known.directory.types.values() for key in rules.base_keys])
    if not contexts.holding:
        raise UnsupportedError("the root DSE shows no namingContexts that hold the object types; let it be read")
    return Ground(known, run, told, contexts, config.page_size)


def _chosen(ground: Ground, config: LdapConfig) -> ChangeSource:
    """The configured source, or the first that the server offers. UnsupportedError tells what would make it offer."""
    kind = ground.known.directory.kind
    wanted = config.change_source
    if ground.known.directory.anchor.name.lower() != kind.anchor.lower():
        raise ConfigurationError(f"anchor_attribute: {kind.name} tells changes by {kind.anchor} only; leave it out")
    if wanted is not None and wanted not in kind.change_sources:
        offered = ", ".join(kind.change_sources)
        raise ConfigurationError(f"change_source: {kind.name} has no {wanted}; choose of {offered}")
    reasons: list[str] = []
    for name in kind.change_sources if wanted is None else (wanted,):
        missing = _SOURCES[name].missing(ground)
        if not missing:
            return name
        reasons.append(f"{name}: {missing}")
    raise UnsupportedError(f"the server offers the account no way to learn of changes. {'. '.join(reasons)}")
