"""The caller, a process of its own as in life: sends operations through `bridge.client` and tells how long it took.

`python -m tests.bench.load stream ADDRESS TARGET KIND LABEL COUNT`, started by `caller`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import grpc

from bridge.api.v1 import objects_pb2, objects_pb2_grpc
from bridge.client import Accepted, BridgeClient, Paused, Settled
from bridge.model.identity import ConnectorName
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from tests.bench.connectors import USER, Kind, Target, big_group, operations

IDLE_SECONDS = 0.002
"""Between two single operations: the one before has left nothing behind then."""


def stream(client: BridgeClient, asked: Sequence[Operation]) -> list[float]:
    """Seconds from the first operation to the last result."""
    states: list[State] = []
    begun = time.perf_counter()
    for event in client.stream(asked):
        match event:
            case Settled(status):
                states.append(status.state)
            case Accepted() | Paused():
                pass
            case refused:
                raise refused.error
    seconds = time.perf_counter() - begun
    _require(states, len(asked))
    return [seconds]


def singly(client: BridgeClient, asked: Sequence[Operation]) -> list[float]:
    """Seconds from the call to the result, of each operation alone."""
    taken: list[float] = []
    states: list[State] = []
    for operation in asked:
        time.sleep(IDLE_SECONDS)
        begun = time.perf_counter()
        states.append(client.submit(operation, wait=True).state)
        taken.append(time.perf_counter() - begun)
    _require(states, len(asked))
    return taken


def _require(states: Sequence[State], count: int) -> None:
    succeeded = states.count(State.SUCCEEDED)
    if succeeded != count:
        msg = f"{succeeded} of {count} operations succeeded"
        raise RuntimeError(msg)


def imported(address: str, target: Target, count: int) -> list[float]:
    """Seconds of a full import. The pages are counted as they come: what a caller makes of them is its own affair."""
    with grpc.insecure_channel(address) as channel:
        begun = time.perf_counter()
        request = objects_pb2.ImportRequest(connector=target, object_types=[USER], page_size=1000)
        pages = objects_pb2_grpc.ObjectsStub(channel).Import(request, timeout=3_600)
        found = sum(len(page.objects) for page in pages)
        seconds = time.perf_counter() - begun
    if found != count:
        msg = f"{found} of {count} people were imported"
        raise RuntimeError(msg)
    return [seconds]


def group_read(client: BridgeClient, target: Target, label: str, members: int) -> list[float]:
    begun = time.perf_counter()
    group = client.read(ConnectorName(target), big_group(label))
    seconds = time.perf_counter() - begun
    if len(group.attributes["member"]) != members:
        msg = f"{len(group.attributes['member'])} of {members} members were read"
        raise RuntimeError(msg)
    return [seconds]


def measured(mode: str, address: str, target: Target, kind: Kind, label: str, count: int) -> list[float]:
    if mode == "imported":
        return imported(address, target, count)
    with BridgeClient(address) as client:
        client.connectors()  # connects, and has the bridge read the target's schema
        if mode == "group":
            return group_read(client, target, label, count)
        asked = list(operations(target, kind, label, count))
        return stream(client, asked) if mode == "stream" else singly(client, asked)


def main() -> None:
    mode, address, target, kind, label, count = sys.argv[1:]
    json.dump(measured(mode, address, Target(target), Kind(kind), label, int(count)), sys.stdout)


if __name__ == "__main__":
    main()
