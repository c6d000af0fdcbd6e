"""What a process asked of the disk and sent to its callers, in one order, read from a trace of its system calls.

The order is the tracer's: a call that ended before another began stands before it, so an acknowledgement stands
behind the sync that it waited for. Comes next: `disk`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NAMING = frozenset({"openat", "mkdir", "rename", "unlink"})
SYNCING = frozenset({"fsync", "fdatasync"})
_CHANGING = frozenset({"write", "pwrite64", "lseek", "ftruncate"})

_WHOLE = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_BEGUN = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<arguments>.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>.*\) += (?P<result>-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"(\d+)<((?:\\x[0-9a-f]{2})*)>")


def recorded(strace: str, trace: Path) -> list[str]:
    """The command that runs a process and writes what it asks of the disk, with all data, to `trace`."""
    calls = ",".join(sorted(NAMING | SYNCING | _CHANGING | {"sendmsg"}))
    every_byte = ["-xx", "-s", str(1 << 26), "-y"]
    return [strace, "-f", "-qq", "--seccomp-bpf", *every_byte, "-e", f"trace={calls}", "-o", str(trace)]


@dataclass(frozen=True, slots=True)
class Begun:
    """A call as it was asked for. `texts` are its paths or its data; `file` is descriptor and path."""

    thread: int
    call: str
    texts: Sequence[bytes]
    file: tuple[int, str] | None
    numbers: Sequence[str]
    """All arguments as they stand in the trace, without their data."""

    @property
    def paths(self) -> Sequence[str]:
        """The files that it is about."""
        if self.call in NAMING:
            return [each.decode() for each in self.texts]
        return [self.file[1]] if self.file else []


@dataclass(frozen=True, slots=True)
class Ended:
    """The same call, done. Calls that failed have no end here: they changed nothing."""

    begun: Begun
    result: int


Event = Begun | Ended


def read(trace: Path, root: Path) -> Iterator[Event]:
    """The events of a trace, in order: what was done below `root`, and what was sent."""
    for event in _events(trace):
        begun = event if isinstance(event, Begun) else event.begun
        if begun.call == "sendmsg" or (begun.paths and all(is_below(each, root) for each in begun.paths)):
            yield event


def is_below(path: str, root: Path) -> bool:
    """Shared memory files are left out: SQLite writes them past system calls, and makes them anew."""
    return f"{path}/".startswith(f"{root}/") and not path.endswith("-shm")


def _events(trace: Path) -> Iterator[Event]:
    open_calls: dict[int, Begun] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if found := _BEGUN.match(line):
                open_calls[int(found["thread"])] = begun = _begun(found)
                yield begun
            elif found := _ENDED.match(line):
                yield from _ended(open_calls.pop(int(found["thread"])), found)
            elif found := _WHOLE.match(line):
                begun = _begun(found)
                yield begun
                yield from _ended(begun, found)


def _begun(found: re.Match[str]) -> Begun:
    arguments = found["arguments"]
    texts = [_bytes(each) for each in _TEXT.findall(arguments)]
    file = _FILE.match(arguments)
    numbers = _FILE.sub("", _TEXT.sub("", arguments)).split(", ")
    of_file = (int(file[1]), _bytes(file[2]).decode()) if file else None
    return Begun(int(found["thread"]), found["call"], texts, of_file, numbers)


def _ended(begun: Begun, found: re.Match[str]) -> Iterator[Ended]:
    if int(found["result"]) >= 0:
        yield Ended(begun, int(found["result"]))


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))
