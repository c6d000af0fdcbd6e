"""The caller, a process of its own as in life: sends operations through `bridge.client` and tells how long it took.

`python -m tests.bench.load stream ADDRESS TARGET LABEL COUNT`, started by `caller`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from bridge.client import Accepted, BridgeClient, Paused, Settled
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from tests.bench.connectors import Target, creates

IDLE_SECONDS = 0.002
"""Between two single operations: the one before has left nothing behind then."""


def stream(client: BridgeClient, operations: Sequence[Operation]) -> list[float]:
    """Seconds from the first operation to the last result."""
    states: list[State] = []
    begun = time.perf_counter()
    for event in client.stream(operations):
        match event:
            case Settled(status):
                states.append(status.state)
            case Accepted() | Paused():
                pass
            case refused:
                raise refused.error
    seconds = time.perf_counter() - begun
    _require(states, len(operations))
    return [seconds]


def singly(client: BridgeClient, operations: Sequence[Operation]) -> list[float]:
    """Seconds from the call to the result, of each operation alone."""
    taken: list[float] = []
    states: list[State] = []
    for operation in operations:
        time.sleep(IDLE_SECONDS)
        begun = time.perf_counter()
        states.append(client.submit(operation, wait=True).state)
        taken.append(time.perf_counter() - begun)
    _require(states, len(operations))
    return taken


def _require(states: Sequence[State], count: int) -> None:
    succeeded = states.count(State.SUCCEEDED)
    if succeeded != count:
        msg = f"{succeeded} of {count} operations succeeded"
        raise RuntimeError(msg)


MODES: Mapping[str, Callable[[BridgeClient, Sequence[Operation]], list[float]]] = {"stream": stream, "singly": singly}


def main() -> None:
    mode, address, target, label, count = sys.argv[1:]
    operations = list(creates(Target(target), label, int(count)))
    with BridgeClient(address) as client:
        client.connectors()  # connects, and has the bridge read the target's schema
        json.dump(MODES[mode](client, operations), sys.stdout)


if __name__ == "__main__":
    main()
