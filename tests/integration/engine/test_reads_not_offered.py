"""A read that a connector does not offer is refused with the connector, the verb and what to do instead."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.model import ConnectorName, Name, ObjectRef, ObjectType, UnsupportedError, Verb
from bridge.sdk.spi import Query
from bridge.sdk.testing.memory import ADAPTER, MemoryAdapter, forget_store
from tests.support.running import Running, connector_settings, running

BLIND, USER = ConnectorName("blind"), ObjectType("user")
REFUSALS = {
    "changes": "offers no delta import (verb changes): import everything, on the command line without --watermark, or",
    "import": "offers no search and no import (verb search): ",
    "read": "offers no reads of one object (verb get): ",
    "search": "offers no search and no import (verb search): ",
}


class Blind(MemoryAdapter):
    """Writes only."""

    def withheld(self) -> frozenset[Verb]:
        return frozenset({Verb.GET, Verb.SEARCH, Verb.CHANGES})


async def asked(bridge: Running, what: str) -> None:
    engine, caller = bridge.engine, bridge.caller
    pages: dict[str, AsyncIterator[object]] = {
        "changes": engine.changes(caller, BLIND, None, 10),
        "import": engine.full_import(caller, BLIND, (), 10),
        "search": engine.search(caller, BLIND, Query(USER)),
    }
    if what == "read":
        await engine.read(caller, BLIND, ObjectRef(USER, name=Name("ada")))
    else:
        await anext(pages[what])


@pytest.mark.parametrize("what", REFUSALS)
async def test_it_is_refused_with_what_to_do_instead(tmp_path: Path, what: str):
    spec = replace(ADAPTER, adapter=f"{__name__}:{Blind.__name__}")
    async with running(tmp_path, {BLIND: (spec, connector_settings(spec, {"store": "blind"}))}) as bridge:
        with pytest.raises(UnsupportedError, match=re.escape(f"connector blind {REFUSALS[what]}")):
            await asked(bridge, what)
    forget_store("blind")
