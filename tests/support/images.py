"""The images of the target servers, built once per content of their directory under tests/targets."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

import docker
from docker.errors import BuildError, ImageNotFound
from testcontainers.core.image import DockerImage

from tests.support import locks
from tests.support.base_image import ensure_base_image
from tests.support.engine import HOME, EngineUnavailableError, ensure_engine

TARGETS = Path(__file__).resolve().parent.parent / "targets"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@functools.cache
def target_image(name: str) -> str:
    """The tag of the image made from tests/targets/`name`, built if the engine has none with that content."""
    client = docker.DockerClient(base_url=ensure_engine(), timeout=60)
    tag = f"ecma-bridge/{name}:{_digest(TARGETS / name)}"
    try:
        # One build at a time: a second process then finds the image instead of installing all packages again.
        with locks.exclusive(HOME / "build.lock"):
            if not _present(client, tag):
                ensure_base_image(client)
                _build(name, tag)
    finally:
        client.close()
    return tag


def _present(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _build(name: str, tag: str) -> None:
    proxies = {variable: os.environ[variable] for variable in PROXIES if variable in os.environ}
    # The host's network: a mirror or a resolver on loopback is then reachable, without any packet filter.
    options: dict[str, Any] = {"network_mode": "host", "buildargs": proxies, "rm": True}
    image = DockerImage(TARGETS / name, tag=tag, clean_up=False, **options)
    try:
        image.build()
    except BuildError as error:
        log = "".join(str(line.get("stream") or line.get("error") or "") for line in error.build_log)
        msg = f"The image of {name} could not be built: {error.msg}\n{log[-2000:]}"
        raise EngineUnavailableError(msg) from error
    finally:
        image.remove()


def _digest(directory: Path) -> str:
    """Names the content, so that two checkouts with different Dockerfiles do not take each other's image."""
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
