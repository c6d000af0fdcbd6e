"""Read a YAML file into plain data and remember where everything stands.

First stage of `config/loader.py`. It takes YAML 1.2's core schema (`yes` is text, `0600` is not octal) and
refuses what is ambiguous or could harm the service: duplicate keys, tags, aliases that unfold too far.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

import yaml

from bridge.config import problems
from bridge.config.problems import Places, Position, Problem
from bridge.model.errors import ConfigurationError

Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None

MAX_BYTES: Final = 1024 * 1024
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 32

_NULL: Final = re.compile(r"~|null|Null|NULL|")
_BOOL: Final = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,2})?")
_TEXT_TAG: Final = "tag:yaml.org,2002:str"
_PLAIN_TAGS: Final = frozenset({_TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_IMPOSSIBLE: Final = re.compile("[\0\ud800-\udfff]")
_QUOTED: Final = re.compile(r"'(?!<)[^'\s]{2,}'")
"""A piece of the file that PyYAML repeats in its message; names of its own tokens are in angle brackets."""

_TAB: Final = "found character '\\t' that cannot start any token"
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep; take out what is not needed"


class LimitError(Exception):
    """The file unfolds to more than a configuration can need."""

    def __init__(self, node: yaml.Node, text: str) -> None:
        super().__init__(text)
        self.position = _position(node)
        self.text = text


def read_text(path: Path) -> str:
    """The file's text. ConfigurationError says why it cannot be read, or may not be trusted, and the fix."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file; give the path of the configuration file") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{path}: is a directory; give the path of the configuration file") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); make it readable to this user") from None
    if os.name == "posix" and mode & stat.S_IWOTH:
        raise ConfigurationError(f"{path}: anyone may change this file; run: chmod o-w {path}")
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"{path}: larger than {MAX_BYTES} bytes; this is no configuration file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}:1: not UTF-8; save the file as UTF-8") from None


def read_data(text: str, places: Places, found: list[Problem]) -> Data:
    """The data of the one document in the text. Faults go to `found`; what is faulty is left out."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        return _Builder(places, found).build(root, (), 0) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        found.append(_syntax(error))
    except yaml.reader.ReaderError as error:
        found.append(_unreadable(text, error))
    except LimitError as error:
        found.append(Problem(error.position, (), error.text))
    except RecursionError:
        found.append(Problem(Position(1, 1), (), _TOO_DEEP))
    return {}


def _unreadable(text: str, error: yaml.reader.ReaderError) -> Problem:
    before = text[: int(error.position)]
    position = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Problem(position, (), "a character that YAML does not allow; remove it, or save the file as UTF-8")


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    mark, begun = error.problem_mark, error.context_mark
    position = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
    if error.problem == _TAB:
        return Problem(position, (), "a tab stands here; YAML takes spaces only, put those in its place")
    if isinstance(error, yaml.composer.ComposerError):
        text = "an alias (*) without its anchor (&), or a second document"
    else:
        text = _QUOTED.sub("this", error.problem or "not YAML")
    if begun is not None and mark is not None and begun.line < mark.line:
        text += f", in what begins in line {begun.line + 1}"
    return Problem(position, (), f"{text}; check indentation and quotes")


class _Builder:
    """Turns composed nodes into data, counting what aliases unfold to."""

    def __init__(self, places: Places, found: list[Problem]) -> None:
        self._places = places
        self._found = found
        self._nodes = 0

    def build(self, node: yaml.Node, path: problems.Path, depth: int) -> Data:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise LimitError(node, f"the file has more than {MAX_NODES} values up to here; remove aliases (*)")
        if depth > MAX_DEPTH:
            raise LimitError(node, _TOO_DEEP)
        self._places.values[path] = _position(node)
        if node.tag not in _PLAIN_TAGS:
            self._refuse(node, path, "tags (!) are not used here; remove it, or put quotes around text")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(each, (*path, index), depth + 1) for index, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and not _IMPOSSIBLE.search(node.value):
            return _scalar(node)
        self._refuse(node, path, "an escape (\\0, \\ud800) that stands for no character; remove it")
        return None

    def _mapping(self, node: yaml.MappingNode, path: problems.Path, depth: int) -> Data:
        self._places.mappings.add(path)
        data: dict[str, Data] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or _IMPOSSIBLE.search(key.value):
                self._refuse(key, path, "a key is a word")
                continue
            if node.flow_style and _is_nothing(value):
                # Not named: it may be the rest of a secret.
                self._refuse(key, path, "no value; put quotes around text that holds a comma")
                continue
            here = (*path, str(key.value))
            if key.value in data:
                self._refuse(key, here, f"given twice, first in line {self._places.keys[here].line}; remove one")
                continue
            self._places.keys[here] = _position(key)
            data[key.value] = self.build(value, here, depth + 1)
        return data

    def _refuse(self, node: yaml.Node, path: problems.Path, text: str) -> None:
        self._found.append(Problem(_position(node), path, text))


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and not node.value


def _position(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _scalar(node: yaml.ScalarNode) -> Data:
    text = str(node.value)
    if node.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
