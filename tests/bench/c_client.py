"""The limit beside the bridge's figures on a directory: clients written in C, in processes of their own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.bench.connectors import Kind
from tests.bench.slapd import Slapd
from tests.support import apt

SYSTEM_PYTHON = "/usr/bin/python3"
PIPELINED = Path(__file__).with_name("pipelined.py")


def require_python_ldap() -> None:
    if subprocess.run([SYSTEM_PYTHON, "-c", "import ldap"], capture_output=True, check=False).returncode:
        apt.install("python3-ldap")


def writes(server: Slapd, kind: Kind, label: str, count: int) -> float:
    """What python-ldap writes a second, 1,000 requests unanswered at a time."""
    arguments = [server.url, server.admin_dn, server.password_file, server.base, kind, label, str(count)]
    done = subprocess.run([SYSTEM_PYTHON, PIPELINED, *arguments], stdout=subprocess.PIPE, check=True)
    return count / float(done.stdout)


def search(server: Slapd, base: str, count: int) -> float:
    """Entries a second that ldapsearch reads, in pages of 1,000; all attributes, told nobody."""
    bound = ["-x", "-D", server.admin_dn, "-y", server.password_file]
    command = ["ldapsearch", "-LLL", "-H", server.url, *bound, "-b", base, "-E", "pr=1000/noprompt"]
    begun = time.perf_counter()
    subprocess.run([*command, "(objectClass=inetOrgPerson)", "*", "+"], stdout=subprocess.DEVNULL, check=True)
    return count / (time.perf_counter() - begun)
