"""The image that every target's Dockerfile starts from: pulled where a registry answers, else made here.

Called by `tests.support.images` before the first build. The one made here has the name of the public one, so
the Dockerfiles are the same everywhere.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docker.errors import APIError, DockerException, ImageNotFound

from tests.support import apt
from tests.support.engine import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker import DockerClient

CODENAME = "bookworm"
REPOSITORY, TAG = "debian", f"{CODENAME}-slim"
NAME = f"{REPOSITORY}:{TAG}"
HOST_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
BUNDLE = "/etc/apt/host-ca.crt"


def ensure_base_image(client: DockerClient) -> None:
    """Makes sure that the engine has the base image; raises EngineUnavailableError."""
    if _present(client) or _pulled(client):
        return
    with tempfile.TemporaryDirectory(prefix="ecma-bridge-base-") as directory:
        archive = _make(Path(directory))
        with archive.open("rb") as content:
            client.api.import_image_from_data(content, repository=REPOSITORY, tag=TAG)


def _present(client: DockerClient) -> bool:
    try:
        client.images.get(NAME)
    except ImageNotFound:
        return False
    return True


def _pulled(client: DockerClient) -> bool:
    try:
        client.images.pull(REPOSITORY, TAG)
    except (APIError, DockerException, OSError):
        return False
    return True


def _make(directory: Path) -> Path:
    """A root file system of the release, made from this machine's own package sources."""
    _require_mmdebstrap()
    sources = apt.sources_for(CODENAME)
    if not sources:
        msg = f"{NAME} cannot be pulled, and /etc/apt names no Debian source to make it from."
        raise EngineUnavailableError(msg)
    settings, source_list, archive = directory / "90host", directory / "sources.list", directory / "base.tar"
    source_list.write_text("".join(f"{source.line}\n" for source in sources))
    settings.write_text(_settings(sources))
    hooks = [f"--customize-hook={hook}" for hook in _hooks(settings, sources)]
    options = ["--variant=minbase", "--include=ca-certificates", f"--aptopt={settings}", *hooks]
    _run(["mmdebstrap", "--quiet", *options, CODENAME, str(archive), str(source_list)])
    return archive


def _require_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    try:
        apt.install("mmdebstrap")
    except apt.PackagesUnavailableError as error:
        msg = f"{NAME} cannot be pulled, and what would make it is missing. {error}"
        raise EngineUnavailableError(msg) from error


def _settings(sources: list[apt.Source]) -> str:
    """How apt fetches here; a mirror behind TLS may have a certificate that only this machine trusts."""
    secure = HOST_BUNDLE.exists() and any(source.uri.startswith("https:") for source in sources)
    return apt.client_settings() + (f'Acquire::https::CAInfo "{BUNDLE}";\n' if secure else "")


def _hooks(settings: Path, sources: list[apt.Source]) -> Iterable[str]:
    """Puts into the image what apt needs there to fetch as it does here."""
    yield f"upload {settings} /etc/apt/apt.conf.d/90host"
    yield "sync-in /etc/apt/trusted.gpg.d /etc/apt/trusted.gpg.d"
    for keyring in sorted({source.keyring for source in sources if source.keyring}):
        yield f'mkdir -p "$1{keyring.parent}"'
        yield f"upload {keyring} {keyring}"
    if HOST_BUNDLE.exists():
        yield f"upload {HOST_BUNDLE} {BUNDLE}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{NAME} cannot be pulled, and mmdebstrap failed:\n{done.stderr[-2000:]}"
        raise EngineUnavailableError(msg)
