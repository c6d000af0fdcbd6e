"""The machine's own package sources: to install a private engine from, and to hand on to the base image.

The image has to reach packages by the road this machine uses, whatever that is: no address stands here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import product
from pathlib import Path

APT = Path("/etc/apt")
LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)")
FIELD = re.compile(r"^(?P<name>[A-Za-z-]+):[ \t]*(?P<value>.*(?:\n[ \t].*)*)", re.MULTILINE)
CLIENT_SETTING = re.compile(r"Acquire::(https?::|Check-|Retries|Allow)")


class PackagesUnavailableError(Exception):
    """A package could not be installed; the message says which and what apt said."""


@dataclass(frozen=True, slots=True)
class Source:
    """One repository and suite, as a line of sources.list."""

    options: str
    uri: str
    suite: str
    components: str

    @property
    def line(self) -> str:
        """The source as apt reads it."""
        options = f"[{self.options}] " if self.options else ""
        return f"deb {options}{self.uri} {self.suite} {self.components}"

    @property
    def keyring(self) -> Path | None:
        """The file its signature is checked with, where the source names one."""
        found = re.search(r"signed-by=(/\S+)", self.options)
        return Path(found[1]) if found else None


def is_debian() -> bool:
    """Whether this is Debian with root rights, where packages may be installed."""
    return os.geteuid() == 0 and _release().get("ID") == "debian" and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Installs packages; raises PackagesUnavailableError, at once where this is not root on Debian."""
    if not is_debian():
        msg = f"As root on Debian this would be done here: apt-get install {' '.join(packages)}"
        raise PackagesUnavailableError(msg)
    if _try_install(packages).returncode == 0:
        return
    _run(["apt-get", "update", "--quiet"])
    done = _try_install(packages)
    if done.returncode:
        msg = f"apt-get could not install {', '.join(packages)}:\n{done.stderr[-2000:]}"
        raise PackagesUnavailableError(msg)


def ensure(program: str) -> str:
    """The path of a program whose package has its name, installed where it is missing."""
    if shutil.which(program) is None:
        install(program)
    found = shutil.which(program)
    if found is None:
        msg = f"The package {program} brought no program of that name"
        raise PackagesUnavailableError(msg)
    return found


def sources_for(codename: str) -> list[Source]:
    """The machine's Debian sources, for the release `codename` where the machine itself runs another one."""
    own = _release().get("VERSION_CODENAME", codename)
    suites = {codename, f"{codename}-updates", f"{codename}-security"}
    moved = [
        Source(source.options, source.uri, source.suite.replace(own, codename), source.components)
        for source in _configured()
    ]
    return [source for source in moved if source.suite in suites]


def client_settings() -> str:
    """How apt fetches here (transport, checks, retries), as lines of apt.conf."""
    dump = _run(["apt-config", "dump", "--format", '%f "%v";%n', "Acquire"]).stdout
    return "".join(f"{line}\n" for line in dump.splitlines() if CLIENT_SETTING.match(line))


def from_line(line: str) -> Source | None:
    """A source from a line of sources.list; nothing where the line holds none for binary packages."""
    found = LINE.fullmatch(line.split("#", maxsplit=1)[0].strip())
    return Source(found["options"] or "", found["uri"], found["suite"], found["components"]) if found else None


def from_stanza(stanza: str) -> list[Source]:
    """The sources of one stanza of a deb822 file, one per address and suite."""
    fields = {found["name"].lower(): found["value"].strip() for found in FIELD.finditer(stanza)}
    if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
        return []
    options = " ".join(
        f"{name}={fields[name]}" for name in ("signed-by", "trusted") if re.fullmatch(r"\S+", fields.get(name, ""))
    )
    pairs = product(fields.get("uris", "").split(), fields.get("suites", "").split())
    return [Source(options, uri, suite, fields.get("components", "main")) for uri, suite in pairs]


def _configured() -> list[Source]:
    lists = [APT / "sources.list", *sorted(APT.glob("sources.list.d/*.list"))]
    one_line = [from_line(line) for path in lists if path.exists() for line in path.read_text().splitlines()]
    stanzas = [
        source
        for path in sorted(APT.glob("sources.list.d/*.sources"))
        for stanza in re.split(r"\n[ \t]*\n", re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE))
        for source in from_stanza(stanza)
    ]
    return [source for source in one_line if source] + stanzas


def _release() -> dict[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def _try_install(packages: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    lock = ["-o", "DPkg::Lock::Timeout=300"]
    return _run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *lock, *packages])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
