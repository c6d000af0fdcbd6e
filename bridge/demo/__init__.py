"""The demo: the main job on embedded defaults, as ``ecma-bridge demo`` runs it.

`scenario` is the whole walk; `workload` says what is asked and what must come of it, `staff` and `directory` are the
targets and read themselves back without the bridge, `comparison` finds what differs, `report` shows it.
"""

from bridge.demo.scenario import run

__all__ = ["run"]
