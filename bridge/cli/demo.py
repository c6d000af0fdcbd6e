"""``ecma-bridge demo``: the main job on embedded defaults."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    *, ldap: Annotated[bool, typer.Option("--ldap", help="Write to an OpenLDAP server in a container.")] = False
) -> None:
    """Start a bridge of its own, send it operations, and show what became of them."""
    from bridge import demo as main_job  # noqa: PLC0415 - needs the whole service, other commands do not

    raise typer.Exit(main_job.run(ldap=ldap))
