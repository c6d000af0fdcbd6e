"""One YAML file becomes Settings, or one ConfigurationError that tells every fault with its line and its fix.

Called by the command line, which gives a resolver from adapter names to their specs (`host/catalog`). Three
stages: `yaml_file` reads data and places, the models check each section, what spans sections comes last.
Nothing is opened and no secret is resolved here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.config import problems, yaml_file
from bridge.config.problems import Places, Problem
from bridge.config.settings import (
    EVERY_CONNECTOR,
    CallerSettings,
    ConnectorSettings,
    Settings,
    Via,
)
from bridge.model.errors import ConfigurationError
from bridge.model.identity import ConnectorName
from bridge.sdk.config import AdapterConfig
from bridge.sdk.spec import AdapterSpec

Resolve = Callable[[str], AdapterSpec]
"""The spec of the adapter with that name; ConfigurationError names those there are."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def load(path: Path, resolve: Resolve) -> Settings:
    """Read and check the file. ConfigurationError tells all that is wrong, a line each."""
    return parse(yaml_file.read_text(path), str(path), resolve)


def parse(text: str, file: str, resolve: Resolve) -> Settings:
    """As `load`, for text that came from elsewhere; `file` is what messages call it."""
    reading = _Reading(resolve)
    settings = reading.settings(text)
    problems.raise_all(file, reading.found)
    if settings is None:
        raise AssertionError("settings were refused without a problem")
    return settings


@dataclass(slots=True)
class _Reading:
    """One reading of one file: what was found wrong, and where things stand."""

    resolve: Resolve
    found: list[Problem] = field(default_factory=list)
    places: Places = field(default_factory=Places)

    def settings(self, text: str) -> Settings | None:
        data = yaml_file.read_data(text, self.places, self.found)
        if self.found and not data:
            return None
        settings = self._validated(Settings, data, ())
        listed = data.get("connectors") if isinstance(data, dict) else None
        configured = listed if isinstance(listed, dict) else {}
        adapters = {name: self._adapter(("connectors", name), raw) for name, raw in configured.items()}
        self.found.extend(_across(data, configured, self.places))
        return settings and _completed(settings, {name: each for name, each in adapters.items() if each})

    def _adapter(self, path: problems.Path, raw: object) -> tuple[AdapterSpec, AdapterConfig] | None:
        """The connector's adapter and its configuration; None if either was refused."""
        if not isinstance(raw, dict) or not isinstance(raw.get("adapter"), str):
            return None  # the settings' own model has told of it
        try:
            spec = self.resolve(raw["adapter"])
            model = spec.load_config()
        except ConfigurationError as error:
            self.found.append(Problem(self.places.of((*path, "adapter")), (*path, "adapter"), error.message))
            return None
        config = self._validated(model, raw.get("settings", {}), (*path, "settings"))
        return (spec, config) if config is not None else None

    def _validated(self, model: type[ModelT], data: object, prefix: problems.Path) -> ModelT | None:
        try:
            return _from_data(model, data)
        except ValidationError as error:
            self.found.extend(problems.from_validation(error, model.model_json_schema(), self.places, prefix))
            return None


def _from_data(model: type[ModelT], data: object) -> ModelT:
    """Validate as JSON: there, strict models let text become a path or an enum, but never a number."""
    return model.model_validate_json(json.dumps(data))


def _completed(settings: Settings, adapters: Mapping[str, tuple[AdapterSpec, AdapterConfig]]) -> Settings:
    """The settings with the adapters' defaults and models in place, and every caller's connectors by name."""
    connectors = {
        name: _with_adapter(connector, *adapters[name])
        for name, connector in settings.connectors.items()
        if name in adapters
    }
    callers = tuple(_with_grants(each, tuple(settings.connectors)) for each in settings.callers)
    return settings.model_copy(update={"connectors": connectors, "callers": callers})


def _with_adapter(connector: ConnectorSettings, spec: AdapterSpec, config: AdapterConfig) -> ConnectorSettings:
    workers = min(spec.workers, config.most_workers or spec.workers)
    advised = {"workers": workers, "batch_size": spec.batch_size, "settle_seconds": spec.settle_time}
    missing = {name: value for name, value in advised.items() if name not in connector.model_fields_set}
    return connector.model_copy(update={**missing, "settings": config})


def _with_grants(caller: CallerSettings, every: tuple[ConnectorName, ...]) -> CallerSettings:
    return caller.model_copy(update={"connectors": every}) if EVERY_CONNECTOR in caller.connectors else caller


def _across(data: Any, connectors: Mapping[str, object], places: Places) -> Iterator[Problem]:
    """What no section can see alone, of what the file has as it is: other faults of a section hide none of these."""
    if not isinstance(data, dict):
        return
    raw = data.get("callers")
    each_caller = enumerate(raw if isinstance(raw, list) else ())
    callers = {index: caller for index, caller in each_caller if isinstance(caller, dict)}
    for index, caller in callers.items():
        yield from _unknown_grants(index, caller, connectors, places)
    for what in ("name", "certificate", "via"):
        yield from _told_apart(what, callers, places)
    listen = data.get("listen", {"socket": {}})
    if isinstance(listen, dict) and any(each is not None for each in listen.values()):
        yield from _reachable(listen, callers, places)


def _unknown_grants(
    index: int, caller: Mapping[str, Any], connectors: Mapping[str, object], places: Places
) -> Iterator[Problem]:
    granted = caller.get("connectors")
    for place, name in enumerate(granted if isinstance(granted, list) else ()):
        if isinstance(name, str) and name != EVERY_CONNECTOR and name not in connectors:
            path = ("callers", index, "connectors", place)
            text = f"no connector has this name; {problems.nearest_name(name, connectors)}"
            yield Problem(places.of(path), path, text)


def _told_apart(what: str, callers: Mapping[int, Mapping[str, Any]], places: Places) -> Iterator[Problem]:
    """Two callers that share a name, a certificate or the socket cannot be told apart."""
    seen: set[str] = set()
    for index, caller in callers.items():
        value = caller.get(what)
        if isinstance(value, str) and value in seen:
            path = ("callers", index, what)
            text = "another caller has the same; give each its own, or make them one caller"
            yield Problem(places.of(path), path, text)
        elif isinstance(value, str):
            seen.add(value)


def _reachable(
    listen: Mapping[str, Any], callers: Mapping[int, Mapping[str, Any]], places: Places
) -> Iterator[Problem]:
    """Each caller needs a listener it can use."""
    for index, caller in callers.items():
        if caller.get("via") == Via.SOCKET and listen.get("socket") is None:
            path = ("callers", index, "via")
            text = "there is no socket; add listen.socket, or recognise it by certificate"
            yield Problem(places.of(path), path, text)
        by_certificate = caller.get("certificate") is not None and caller.get("via") is None
        if by_certificate and listen.get("tls") is None:
            path = ("callers", index, "certificate")
            yield Problem(places.of(path), path, "there is no TLS port; add listen.tls, or use via: socket")
