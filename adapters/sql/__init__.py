"""SQL databases: an object is a row, written on its table, by statements, or by procedures."""

from bridge.sdk import AdapterSpec

ADAPTER = AdapterSpec(
    name="sql",
    config="adapters.sql.config:SqlConfig",
    adapter="adapters.sql.adapter:SqlAdapter",
    extra="sql",
    workers=4,
)

__all__ = ["ADAPTER"]
