"""Kerberos for tests: the package gssapi, built where it is missing, and a realm that the test's own domain serves."""

from __future__ import annotations

import importlib
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import active_directory as ad
from tests.support import apt, locks
from tests.support.engine import HOME

if TYPE_CHECKING:
    from bridge.sdk.testing.contract import Connector
    from tests.support.containers import ActiveDirectoryServer

PINNED = Path(__file__).parents[2] / "requirements" / "kerberos.txt"
PRINCIPAL = "bridge@LAB.TEST"


def ensure_gssapi() -> None:
    """Makes gssapi importable; raises PackagesUnavailableError where it can neither be found nor built."""
    built = HOME.parent / f"gssapi-{sys.version_info.major}.{sys.version_info.minor}"
    with locks.exclusive(HOME.parent / "gssapi.lock"):
        if str(built) not in sys.path:
            sys.path.append(str(built))
        if _is_there():
            return
        apt.install("gcc", "libkrb5-dev", *_headers())
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run(
            [*pip, "--target", str(built), "-r", str(PINNED)], capture_output=True, text=True, check=False
        )
    if done.returncode or not _is_there():
        msg = f"gssapi could not be built:\n{done.stderr[-2000:]}"
        raise apt.PackagesUnavailableError(msg)


def _headers() -> list[str]:
    """The package with Python's own headers, where they did not come with the interpreter, as on Debian."""
    return [] if (Path(sysconfig.get_paths()["include"]) / "Python.h").exists() else ["python3-dev"]


def _is_there() -> bool:
    importlib.invalidate_caches()
    try:
        importlib.import_module("gssapi")
    except ImportError:
        return False
    return True


def configuration(port: int) -> str:
    """A krb5.conf: the realm is served at that port of the loopback."""
    return f"""
[libdefaults]
default_realm = LAB.TEST
dns_lookup_kdc = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
LAB.TEST = {{
    kdc = 127.0.0.1:{port}
}}
[domain_realm]
.lab.test = LAB.TEST
"""


def sealed(server: ActiveDirectoryServer, **changed: Any) -> Connector:
    """A connector that binds by Kerberos, whose session encrypts what TLS does not."""
    bind = {"method": "kerberos", "principal": PRINCIPAL, "keytab": str(server.keytab)}
    settings = {
        "urls": [f"ldap://{server.tls_name}:{server.port}"],
        "protection": "kerberos",
        "tls": {"ca_file": str(server.ca_pem), "server_name": server.own_name},
        "bind": bind,
        # Bound by name, the connector knows its own account; by Kerberos it has to be told.
        "protected": {"dns": [server.account]},
    }
    return ad.connector(server, **{**settings, **changed})
