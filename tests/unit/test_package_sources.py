"""The machine's package sources are read in both of their formats."""

from __future__ import annotations

import pytest

from tests.support import apt

MIRROR = "http://mirror.example/debian"
WHERE = f"URIs: {MIRROR}\nComponents: main"


def lines(sources: list[apt.Source]) -> list[str]:
    return [source.line for source in sources]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"deb {MIRROR} bookworm main", f"deb {MIRROR} bookworm main"),
        (
            f"deb [trusted=yes] {MIRROR} bookworm main non-free # ours",
            f"deb [trusted=yes] {MIRROR} bookworm main non-free",
        ),
        (f"deb-src {MIRROR} bookworm main", None),
        (f"# deb {MIRROR} bookworm main", None),
        ("", None),
    ],
)
def test_a_line_is_read(line: str, expected: str | None):
    source = apt.from_line(line)
    assert (source.line if source else None) == expected


def test_a_stanza_is_one_source_per_suite():
    stanza = f"Types: deb deb-src\nSuites: bookworm bookworm-updates\nSigned-By: /etc/k.gpg\n{WHERE}"
    assert lines(apt.from_stanza(stanza)) == [
        f"deb [signed-by=/etc/k.gpg] {MIRROR} bookworm main",
        f"deb [signed-by=/etc/k.gpg] {MIRROR} bookworm-updates main",
    ]


def test_a_disabled_stanza_and_one_for_sources_only_are_left_out():
    assert apt.from_stanza(f"Types: deb\nEnabled: no\nSuites: bookworm\n{WHERE}") == []
    assert apt.from_stanza(f"Types: deb-src\nSuites: bookworm\n{WHERE}") == []


def test_a_key_written_into_the_stanza_is_left_out():
    stanza = f"Types: deb\nSuites: bookworm\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n{WHERE}"
    assert lines(apt.from_stanza(stanza)) == [f"deb {MIRROR} bookworm main"]


def test_the_key_file_of_a_source_is_known():
    source = apt.from_line(f"deb [arch=amd64 signed-by=/etc/k.gpg] {MIRROR} bookworm main")
    assert source
    assert str(source.keyring) == "/etc/k.gpg"
