"""The JSON schema of the configuration file, for editors: ``ecma-bridge check-config --schema``.

Made from the same models that check the file, with every adapter's own options in their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.config.settings import Settings
from bridge.sdk.spec import AdapterSpec

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(specs: Iterable[AdapterSpec]) -> dict[str, Any]:
    """The schema of the whole file; each connector's `settings` are those of the adapter it names."""
    schema = Settings.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema["$defs"]
    connector = definitions["ConnectorSettings"]
    _leave_to_the_adapter(connector)
    ordered = sorted(specs, key=lambda spec: spec.name)
    connector["properties"]["adapter"]["enum"] = [spec.name for spec in ordered]
    connector["allOf"] = [_branch(spec, definitions) for spec in ordered]
    definitions.pop("AdapterConfig", None)
    return {"$schema": _DIALECT, **schema}


def _leave_to_the_adapter(connector: dict[str, Any]) -> None:
    """What the adapter decides has no default here, and `settings` no shape but the adapter's."""
    for name, field in connector["properties"].items():
        if field.get("default", name) is None:
            del field["default"]
    described = connector["properties"]["settings"]["description"]
    connector["properties"]["settings"] = {"type": "object", "description": described}


def _branch(spec: AdapterSpec, definitions: dict[str, Any]) -> dict[str, Any]:
    """If the connector names this adapter, then its settings are these."""
    name = f"{spec.name}-settings"
    own = spec.load_config().model_json_schema(ref_template=f"#/$defs/{name}/$defs/{{model}}")
    definitions[name] = own
    return {
        "if": {"properties": {"adapter": {"const": spec.name}}, "required": ["adapter"]},
        "then": {"properties": {"settings": {"$ref": f"#/$defs/{name}"}}},
    }
