"""SQL databases in table mode: an object is a row, its multi-valued attributes are rows of other tables."""

from bridge.sdk import AdapterSpec

ADAPTER = AdapterSpec(
    name="sql",
    config="adapters.sql.config:SqlConfig",
    adapter="adapters.sql.adapter:SqlAdapter",
    extra="sql",
    workers=4,
)

__all__ = ["ADAPTER"]
