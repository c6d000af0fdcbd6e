"""Errors that nobody awaits end the process with a code that is not 0, where it could not go on whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

FRAME = """
import asyncio, sys, threading
from bridge.telemetry import collapse, logging

class Falling:
    def __init__(self, error):
        self.error = error
    def __del__(self):
        raise self.error

def fall(error):
    raise error

async def main():
    logging.configure("info", "json")
    loop = asyncio.get_running_loop()
    collapse.set_traps(loop)
    {fall}
    await asyncio.sleep(0)
    await asyncio.sleep(0)

asyncio.run(main())
"""


def ran(fall: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FRAME.replace("{fall}", fall)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "fall",
    [
        "loop.call_soon(fall, MemoryError())",
        "Falling(MemoryError())",
        "thread = threading.Thread(target=fall, args=[MemoryError()]); thread.start(); thread.join()",
        "thread = threading.Thread(target=fall, args=[ValueError('hunter2')]); thread.start(); thread.join()",
        "collapse.collapse(MemoryError())",
    ],
    ids=["callback", "unraisable", "thread", "thread, another error", "told of"],
)
def test_the_process_ends(fall: str) -> None:
    done = ran(fall)
    assert done.returncode == 1
    assert '"event": "collapsed"' in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("fall", ["loop.call_soon(fall, ValueError())", "Falling(ValueError())"])
def test_other_errors_of_libraries_are_logged_only(fall: str) -> None:
    done = ran(fall)
    assert done.returncode == 0
    assert "ValueError" in done.stderr
