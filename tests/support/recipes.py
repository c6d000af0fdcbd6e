"""The recipes of docs/adapters/ldap.md on real servers: each in a tree of its own, by an account with the page's rights
and no more.

What the page calls dc=example,dc=org is a new unit of the test directory.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ldap3
import yaml

from bridge.config import Settings, parse
from bridge.host.discovery import find_adapters
from bridge.model import Operation
from bridge.wire.json import operation_from_json
from tests.support.ldap import VerifiedTls
from tests.support.running import ME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.containers import ActiveDirectoryServer, Ds389Server, OpenLdapServer

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "deploy" / "config" / "recipes"
PAGE = (ROOT / "docs" / "adapters" / "ldap.md").read_text(encoding="utf-8")
PASSWORD = "Recipe-s3cret!"

_UNITS = ("people", "groups", "services")


@dataclass(frozen=True, slots=True)
class Tree:
    """A part of a directory, and how to reach it."""

    base: str
    account: str
    url: str
    ca_pem: Path
    run: Callable[..., str]
    """Runs one of the programs ldapadd, ldapmodify, ldapdelete, ldapsearch with options, as the administrator."""

    def change(self, ldif: str) -> None:
        self.run("ldapmodify", given=ldif)

    @contextmanager
    def bound(self, dn: str, password: str) -> Iterator[ldap3.Connection]:
        """Somebody's own connection, who gets in."""
        host, _, port = self.url.removeprefix("ldaps://").partition(":")
        tls = VerifiedTls(self.ca_pem)
        server = ldap3.Server(host, int(port), use_ssl=True, tls=tls, get_info=ldap3.NONE, mode=ldap3.IP_V4_ONLY)
        connection = ldap3.Connection(server, dn, password)
        try:
            assert connection.bind(), connection.result
            yield connection
        finally:
            connection.unbind()

    def search(self, condition: str, attributes: Sequence[str]) -> str:
        """The entries of the tree, as LDIF whose lines are not folded."""
        return self.run("ldapsearch", "-LLL", "-o ldif-wrap=no", f"-b {self.base}", f"'{condition}'", *attributes)

    def here(self, text: str) -> str:
        """A text of the page or of a recipe, of this tree."""
        text = re.sub(r"cn=bridge,ou=services,dc=example,dc=org", self.account, text, flags=re.IGNORECASE)
        return re.sub(r"dc=example,dc=org", self.base, text, flags=re.IGNORECASE)

    def document(self, recipe: str) -> dict[str, Any]:
        """The configuration, but for where the server is."""
        found: dict[str, Any] = yaml.safe_load(self.here((RECIPES / recipe).read_text(encoding="utf-8")))
        for connector in found["connectors"].values():
            settings = connector["settings"]
            settings |= {"urls": [self.url], "tls": {"ca_file": str(self.ca_pem)}}
            settings["bind"] |= {"password": "file:/account"}
        return found

    def settings(self, recipe: str) -> Settings:
        specs = find_adapters()
        return parse(yaml.safe_dump(self.document(recipe)), recipe, lambda name: specs[name])


def operations(tree: Tree, heading: str) -> list[Operation]:
    """Those that the page gives under this heading."""
    return [operation_from_json(line, ME) for line in tree.here(block(heading, "json")).splitlines()]


def block(heading: str, language: str) -> str:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(found)


@contextmanager
def in_openldap(server: OpenLdapServer) -> Iterator[Tree]:
    run = _program(server, f"-D {server.admin_dn} -w {server.admin_password}")
    with _planted(server, run) as tree:
        database = run("ldapsearch", "-LLL", "-b cn=config", f"olcSuffix={server.base_dn}", "dn").split()[1]
        rights = tree.here(block("Rights on OpenLDAP", "ldif"))
        tree.change(rights.replace("olcDatabase={1}mdb,cn=config", database))
        limits = run("ldapsearch", "-LLL -o ldif-wrap=no", f"-b {database} -s base '(objectClass=*)'", "olcLimits")
        # The page says restart: what that does, and what this server's settings would not survive.
        again = "".join(f"{line}\n" for line in limits.splitlines()[1:] if line)
        tree.change(f"dn: {database}\nchangetype: modify\ndelete: olcLimits\n-\nadd: olcLimits\n{again}")
        yield tree


@contextmanager
def in_ds389(server: Ds389Server) -> Iterator[Tree]:
    with _planted(server, _program(server, "-D 'cn=Directory Manager' -w admin-secret")) as tree:
        tree.change(tree.here(block("Rights on 389 Directory Server", "ldif")))
        # Its policy has passwords changed that an administrator sets.
        tree.change(f"dn: {tree.account}\nchangetype: modify\nreplace: passwordExpirationTime\n")
        yield tree


def _program(server: OpenLdapServer | Ds389Server, login: str) -> Callable[..., str]:
    def run(program: str, *options: str, given: str = "") -> str:
        line = f"{program} -x -H ldap://127.0.0.1 {login} {' '.join(options)} <<'END'\n{given}\nEND"
        return server.container.run("bash", "-c", line).decode()

    return run


@contextmanager
def _planted(server: OpenLdapServer | Ds389Server, run: Callable[..., str]) -> Iterator[Tree]:
    base = f"ou=r{uuid.uuid4().hex[:12]},{server.base_dn}"
    tree = Tree(
        base=base,
        account=f"cn=bridge,ou=services,{base}",
        url=f"ldaps://{server.tls_name}:{server.tls_port}",
        ca_pem=server.ca_pem,
        run=run,
    )
    units = "".join(f"dn: {each}\nobjectClass: organizationalUnit\n\n" for each in (base, *_units(base)))
    account = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
    run("ldapadd", given=f"{units}dn: {tree.account}\n{account}userPassword: {PASSWORD}\n")
    try:
        yield tree
    finally:
        run("ldapdelete", "-r", base)


def _units(base: str) -> list[str]:
    return [f"ou={each},{base}" for each in _UNITS]


@contextmanager
def in_active_directory(server: ActiveDirectoryServer, *units: str) -> Iterator[Tree]:
    """With the page's rights on these units only."""
    sam = "/var/lib/samba/private/sam.ldb"
    label = f"r{uuid.uuid4().hex[:12]}"
    base = f"OU={label},{server.base_dn}"

    def run(program: str, *options: str, given: str = "") -> str:
        line = f"{program.replace('ldap', 'ldb')} -H {sam} {' '.join(options)} <<'END'\n{given}\nEND"
        return server.container.run("bash", "-c", line).decode()

    made = (base, *(f"OU={each.title()},{base}" for each in _UNITS))
    run("ldapadd", given="".join(f"dn: {each}\nobjectClass: organizationalUnit\n\n" for each in made))
    server.container.run("samba-tool", "user", "create", label, PASSWORD, f"--userou=OU=Services,OU={label}")
    account = f"CN={label},OU=Services,{base}"
    found = run("ldapsearch", f"-b '{account}'", "-s base", "objectSid")
    sid = re.search(r"^objectSid: (.*)$", found, re.MULTILINE)
    assert sid is not None
    tree = Tree(base, account, f"ldaps://{server.tls_name}:{server.tls_port}", server.ca_pem, run)
    for command in tree.here(block("Rights on Active Directory", "")).splitlines():
        if any(f"OU={each}," in command for each in units):
            server.container.run("bash", "-c", command.replace("SID)", f"{sid[1]})"))
    try:
        yield tree
    finally:
        server.container.run("ldbdel", "-H", sam, "-r", base)
