"""Where a secret may be kept, and what is said when it cannot be had."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import secret_sources
from bridge.config.secret_sources import resolve
from bridge.model import ConfigurationError, Secret
from bridge.sdk.config import SOURCES

SECRET = "Zq9 correct horse"


def refusal(reference: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        resolve(reference)
    assert "Zq9" not in "".join(traceback.format_exception(refused.value))
    return refused.value.message


@pytest.fixture
def kept(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    return file


def test_every_source_that_a_reference_may_name_is_read():
    assert set(secret_sources._READERS) == set(SOURCES)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read_without_its_last_line_break(kept: Path, mode: int):
    kept.chmod(mode)
    assert resolve(f"file:{kept}") == Secret(SECRET)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o700, 0o666])
def test_a_file_open_to_others_is_refused_with_the_command_that_closes_it(kept: Path, mode: int):
    kept.chmod(mode)
    assert f"run: chmod 0600 {kept}" in refusal(f"file:{kept}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(kept: Path):
    os.chown(kept, 12345, 12345)
    assert f"run: chown root {kept}" in refusal(f"file:{kept}")


def test_only_a_regular_file_is_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a regular file" in refusal(f"file:{tmp_path}/pipe")
    assert "not a regular file" in refusal(f"file:{tmp_path}")


@pytest.mark.parametrize(
    ("content", "fix"),
    [(b"", "empty"), (b"\n", "empty"), (b"Zq9\xff", "not UTF-8"), (b"Zq9" * 30_000, "longer than")],
)
def test_what_is_no_secret_is_refused(kept: Path, content: bytes, fix: str):
    kept.write_bytes(content)
    assert fix in refusal(f"file:{kept}")


def test_a_missing_file_is_named(tmp_path: Path):
    assert f"{tmp_path}/nothing: there is no such file" in refusal(f"file:{tmp_path}/nothing")
    assert "give an absolute path" in refusal("file:password")


def test_a_credential_comes_from_systemds_directory(kept: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept.parent))
    kept.chmod(0o440)
    assert resolve("credential:password") == Secret(SECRET)
    assert "give the credential's name" in refusal("credential:../password")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert "LoadCredential=password:PATH" in refusal("credential:password")


def test_a_program_is_run_without_a_shell_and_its_answer_is_the_secret(tmp_path: Path):
    assert resolve("command:/bin/echo -n 'Zq9 $HOME'") == Secret("Zq9 $HOME")
    assert resolve(f"command:/bin/echo '{SECRET}'") == Secret(SECRET)


def test_a_program_that_fails_is_named_without_what_it_wrote(monkeypatch: pytest.MonkeyPatch):
    assert refusal("command:/bin/sh -c 'echo Zq9; echo Zq9 >&2; exit 3'").startswith(
        "secret command /bin/sh: failed with status 3"
    )
    assert "No such file" in refusal("command:/no/such/program")
    assert "absolute path" in refusal("command:cat /x")
    assert "check the quotes" in refusal("command:/bin/cat 'x")
    monkeypatch.setattr(secret_sources, "COMMAND_SECONDS", 0.05)
    assert "no answer in 0.05 s" in refusal(
        f"command:{sys.executable} -c 'input()' -- Zq9".replace("input()", "while 1: 0")
    )


class Store(keyring.backend.KeyringBackend):
    priority = 1

    def get_password(self, service: str, username: str):
        if service == "locked":
            raise keyring.errors.KeyringLocked("Zq9")
        return SECRET if (service, username) == ("directory", "bridge") else None

    def set_password(self, service: str, username: str, password: str):
        raise NotImplementedError


def test_the_keyring_is_asked_for_service_and_user():
    before = keyring.get_keyring()
    keyring.set_keyring(Store())
    try:
        assert resolve("keyring:directory/bridge") == Secret(SECRET)
        assert "run: keyring set directory other" in refusal("keyring:directory/other")
        assert "KeyringLocked" in refusal("keyring:locked/bridge")
        assert "SERVICE/USER" in refusal("keyring:directory")
    finally:
        keyring.set_keyring(before)


def test_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDAP_PASSWORD", SECRET)
    assert "the environment is readable to others" in refusal("env:LDAP_PASSWORD")


@given(st.text(max_size=40))
def test_plaintext_is_refused_and_never_repeated(text: str):
    with pytest.raises(ConfigurationError) as refused:
        resolve(f"Zq9{text}9qZ")
    assert "Zq9" not in refused.value.message
