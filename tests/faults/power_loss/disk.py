"""A disk that forgets: what was synced stays, of the rest a power loss keeps any part, in any order.

Data is kept by sectors, each alone. Names (new files, renames, removals) stay once their directory was synced; of
those after it a file system keeps the earlier before the later. Comes before: `recording`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.power_loss.recording import SYNCING, Begun, Ended, Event

SECTORS = (512, 4096)
PORTIONS = (0.0, 0.1, 0.5, 0.9, 1.0)
"""How much of what was not synced is kept."""


@dataclass(frozen=True, slots=True)
class Write:
    offset: int
    data: bytes

    def sectors(self, size: int) -> Iterator[Write]:
        start = 0
        while start < len(self.data):
            end = min(len(self.data), start + size - (self.offset + start) % size)
            yield Write(self.offset + start, self.data[start:end])
            start = end


@dataclass(frozen=True, slots=True)
class Truncate:
    size: int


Change = Write | Truncate


@dataclass(eq=False, slots=True)
class File:
    synced: bytearray = field(default_factory=bytearray)
    loose: list[Change] = field(default_factory=list)

    def now(self) -> bytearray:
        content = bytearray(self.synced)
        for each in self.loose:
            _change(content, each)
        return content

    def sync(self, count: int) -> None:
        """The first so many loose changes are on disk."""
        for each in self.loose[:count]:
            _change(self.synced, each)
        del self.loose[:count]

    def after_loss(self, random: Random, kept: float) -> bytearray:
        content, sector = bytearray(self.synced), random.choice(SECTORS)
        for each in self.loose:
            for piece in each.sectors(sector) if isinstance(each, Write) else (each,):
                if random.random() < kept:
                    _change(content, piece)
        return content


def _change(content: bytearray, change: Change) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
    end = change.size if isinstance(change, Truncate) else change.offset
    content.extend(bytes(max(0, end - len(content))))
    if isinstance(change, Write):
        content[change.offset : change.offset + len(change.data)] = change.data


DIRECTORY = File()
"""What the name of a directory stands for."""

Names = dict[str, File]
NameChange = tuple[str, File | None]
"""The name now stands for this file, or for none."""
Image = dict[Path, bytearray | None]
"""Files by their names, and directories, which have no content."""


class Disk:
    """Plays the events of one process after the other; holds what is under `root`, which is there from the start."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: Names = {str(root): DIRECTORY}
        self._synced_names = dict(self._names)
        self._loose_names: dict[str, list[list[NameChange]]] = defaultdict(list)
        """By directory. A rename is two changes that are made together."""
        self._open: dict[int, tuple[str, File]] = {}
        self._offsets: dict[int, int] = {}
        self._syncing: dict[int, int] = {}

    def play(self, event: Event) -> None:
        match event:
            case Begun(thread, call) if call in SYNCING:
                self._syncing[thread] = self._loose(event)
            case Ended(begun, result):
                self._done(begun, result)

    def _done(self, begun: Begun, result: int) -> None:
        paths = begun.paths
        match begun.call:
            case "openat":
                self._opened(paths[0], begun, result)
            case "mkdir":
                self._rename([(paths[0], DIRECTORY)])
            case "rename":
                self._rename([(paths[0], None), (paths[1], self._names[paths[0]])])
            case "unlink":
                self._rename([(paths[0], None)])
            case "fsync" | "fdatasync":
                self._synced(begun)
            case "sendmsg":
                pass
            case _:
                self._changed(begun, result)

    def _opened(self, path: str, begun: Begun, descriptor: int) -> None:
        flags = begun.numbers[2].split("|")
        if path not in self._names:
            self._rename([(path, File())])
        file = self._names[path]
        if "O_TRUNC" in flags:
            file.loose.append(Truncate(0))
        self._open[descriptor] = (path, file)
        self._offsets[descriptor] = len(file.now()) if "O_APPEND" in flags else 0

    def _changed(self, begun: Begun, result: int) -> None:
        assert begun.file is not None
        descriptor = begun.file[0]
        _, file = self._open[descriptor]
        match begun.call:
            case "pwrite64":
                file.loose.append(Write(int(begun.numbers[3]), begun.texts[0][:result]))
            case "write":
                file.loose.append(Write(self._offsets[descriptor], begun.texts[0][:result]))
                self._offsets[descriptor] += result
            case "lseek":
                self._offsets[descriptor] = result
            case "ftruncate":
                file.loose.append(Truncate(int(begun.numbers[1])))

    def _rename(self, changes: list[NameChange]) -> None:
        self._loose_names[changes[0][0].rpartition("/")[0]].append(changes)
        _rename(self._names, changes)

    def _loose(self, begun: Begun) -> int:
        """How many loose changes a sync that begins now will have put on disk."""
        assert begun.file is not None
        path, file = self._open[begun.file[0]]
        return len(self._loose_names[path] if file is DIRECTORY else file.loose)

    def _synced(self, begun: Begun) -> None:
        count = self._syncing.pop(begun.thread)
        assert begun.file is not None
        path, file = self._open[begun.file[0]]
        if file is not DIRECTORY:
            file.sync(count)
            return
        for changes in self._loose_names[path][:count]:
            _rename(self._synced_names, changes)
        del self._loose_names[path][:count]

    def now(self) -> Image:
        """What a process sees."""
        return self._image(self._names, File.now)

    def after_loss(self, random: Random) -> Image:
        """What is there when the power is back."""
        names = dict(self._synced_names)
        for loose in self._loose_names.values():
            for changes in loose[: round(len(loose) * random.choice(PORTIONS))]:
                _rename(names, changes)
        kept = random.choice(PORTIONS)
        return self._image(names, lambda file: file.after_loss(random, kept))

    def _image(self, names: Names, content: Callable[[File], bytearray]) -> Image:
        """What is in a directory that was lost is lost with it."""
        there = {path for path in names if self._is_reachable(path, names)}
        return {
            Path(path).relative_to(self._root): None if names[path] is DIRECTORY else content(names[path])
            for path in sorted(there - {str(self._root)})
        }

    def _is_reachable(self, path: str, names: Names) -> bool:
        return all(str(each) in names for each in Path(path).parents if each.is_relative_to(self._root))


def _rename(names: Names, changes: list[NameChange]) -> None:
    for path, file in changes:
        if file is None:
            del names[path]
        else:
            names[path] = file


def write_out(image: Image, destination: Path) -> None:
    """Make the files, with the modes that a journal needs."""
    for path, content in image.items():
        if content is None:
            (destination / path).mkdir(mode=0o700)
        else:
            (destination / path).write_bytes(content)
            (destination / path).chmod(0o600)
