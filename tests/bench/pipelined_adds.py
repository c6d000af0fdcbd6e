"""The limit of a directory: adds by python-ldap, many unanswered at a time. Run by the system's Python, which has it.

`python3 pipelined_adds.py URL BIND_DN PASSWORD_FILE BASE LABEL COUNT` prints the seconds it took. Imports nothing of
the project: python-ldap is a package of the system, not one of its requirements.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import ldap

WINDOW = 1000
"""Requests without an answer; slapd closes a connection that has more waiting."""


def entry(login: str) -> list[tuple[str, list[bytes]]]:
    attributes = {
        "objectClass": "inetOrgPerson",
        "uid": login,
        "cn": f"Person {login}",
        "displayName": f"Person {login}",
        "givenName": "Per",
        "sn": login,
        "mail": f"{login}@lab.test",
    }
    return [(name, [value.encode()]) for name, value in attributes.items()]


def add_all(connection: ldap.ldapobject.LDAPObject, base: str, label: str, count: int) -> None:
    logins = (f"{label}-{number}" for number in range(count))
    waiting: list[int] = []
    for login in logins:
        if len(waiting) == WINDOW:
            connection.result3(waiting.pop(0))
        waiting.append(connection.add_ext(f"uid={login},{base}", entry(login)))
    for message in waiting:
        connection.result3(message)


def main() -> None:
    url, bind_dn, password_file, base, label, count = sys.argv[1:]
    connection = ldap.initialize(url)
    connection.simple_bind_s(bind_dn, Path(password_file).read_text())
    begun = time.perf_counter()
    add_all(connection, base, label, int(count))
    sys.stdout.write(f"{time.perf_counter() - begun}\n")


if __name__ == "__main__":
    main()
