"""The limit of a directory: writes by python-ldap, many unanswered at a time. Run by the system's Python, which has it.

`python3 pipelined.py URL BIND_DN PASSWORD_FILE BASE KIND LABEL COUNT` prints the seconds it took. KIND is one of
`WRITES`. Imports nothing of the project: python-ldap is a package of the system, not one of its requirements.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import ldap

WINDOW = 1000
"""Requests without an answer; slapd closes a connection that has more waiting."""

Write = Callable[[ldap.ldapobject.LDAPObject, str, str, int], int]
"""Sends the write of that number; gives its message id."""


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


def add(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    login = f"{label}-{number}"
    return connection.add_ext(f"uid={login},{base}", entry(login))


def modify(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    change = [(ldap.MOD_REPLACE, "displayName", [b"Changed"])]
    return connection.modify_ext(f"uid={label}-{number},{base}", change)


def member(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    """The group with its first member, then one member after the other."""
    group, who = f"cn={label},{base}", f"uid={label}-{number},{base}".encode()
    if number:
        return connection.modify_ext(group, [(ldap.MOD_ADD, "member", [who])])
    attributes = [("objectClass", [b"groupOfNames"]), ("cn", [label.encode()]), ("member", [who])]
    return connection.add_ext(group, attributes)


def more(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    """Another member of a group that is large already."""
    change = [(ldap.MOD_ADD, "member", [f"uid={label}-{number},{base}".encode()])]
    return connection.modify_ext(f"cn=big-{label},{base}", change)


def move(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    login = f"uid={label}-{number}"
    return connection.rename(f"{login},{base}", login, f"ou=archive,{base}", 1)


def delete(connection: ldap.ldapobject.LDAPObject, base: str, label: str, number: int) -> int:
    return connection.delete_ext(f"uid={label}-{number},ou=archive,{base}")


WRITES: Mapping[str, Write] = {
    "create": add,
    "modify": modify,
    "member": member,
    "more": more,
    "move": move,
    "delete": delete,
}


def send_all(connection: ldap.ldapobject.LDAPObject, write: Write, base: str, label: str, count: int) -> None:
    waiting: list[int] = []
    for number in range(count):
        if len(waiting) == WINDOW:
            connection.result3(waiting.pop(0))
        waiting.append(write(connection, base, label, number))
    for message in waiting:
        connection.result3(message)


def main() -> None:
    url, bind_dn, password_file, base, kind, label, count = sys.argv[1:]
    connection = ldap.initialize(url)
    connection.simple_bind_s(bind_dn, Path(password_file).read_text())
    begun = time.perf_counter()
    send_all(connection, WRITES[kind], base, label, int(count))
    sys.stdout.write(f"{time.perf_counter() - begun}\n")


if __name__ == "__main__":
    main()
