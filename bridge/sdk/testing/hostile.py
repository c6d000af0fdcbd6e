"""The hostile adapter: the reference adapter's store behind a target and a driver that misbehave by a script.

The engine's tests run on it, to show that whatever an adapter does, each operation has one effect and one
result. The script is drawn from a seed: one instance that is asked the same things misbehaves in the same
places.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final, Self, cast

from pydantic import Field, model_validator

from bridge.sdk import (
    AdapterContext,
    AdapterSpec,
    Applied,
    Attempt,
    ConnectionBrokenError,
    Create,
    ObjectRef,
    OperationId,
    Outcome,
    PartiallyCreatedError,
    Query,
    Success,
    TargetObject,
    ThrottledError,
    new_operation_id,
)
from bridge.sdk.testing.memory import MemoryAdapter, MemoryConfig

LEAKED_PASSWORD: Final = "hunter2-of-the-target"  # noqa: S105 - made up
"""Stands in the text of this adapter's exceptions. It must appear in no answer, log or journal."""


class Fault(StrEnum):
    LOSES_REPLY = "loses_reply"
    """Applies the change, then the connection is lost."""
    BREAKS = "breaks"
    """The connection is lost before anything happened."""
    HANGS = "hangs"
    """Says nothing for `hang_seconds`, then by chance applies the change or loses the connection."""
    HALF_CREATES = "half_creates"
    """Makes the object with half of its attributes."""
    THROTTLES = "throttles"
    RAISES = "raises"
    """An exception that is no BridgeError and has a password in its text; it leaves a batch half done."""
    UNKNOWN_ID = "unknown_id"
    """An outcome for an operation that nobody asked for, besides the others."""
    MISSING_OUTCOME = "missing_outcome"
    """No outcome for one operation of the batch."""
    WRONG_TYPE = "wrong_type"
    """Something that is no Outcome in the place of one."""
    REORDERS = "reorders"
    """All outcomes, in another order than the batch."""
    REPEATS_PAGE = "repeats_page"
    """A page of a search comes twice."""
    LOSES_COOKIE = "loses_cookie"
    """A search breaks off between two pages."""


WRITE_FAULTS: Final = (
    Fault.LOSES_REPLY,
    Fault.BREAKS,
    Fault.HANGS,
    Fault.HALF_CREATES,
    Fault.THROTTLES,
    Fault.RAISES,
)
_CHANGE_FAULTS: Final = tuple(each for each in WRITE_FAULTS if each is not Fault.HALF_CREATES)
READ_FAULTS: Final = (Fault.BREAKS, Fault.HANGS, Fault.THROTTLES, Fault.RAISES)
BATCH_FAULTS: Final = (Fault.UNKNOWN_ID, Fault.MISSING_OUTCOME, Fault.WRONG_TYPE, Fault.REORDERS)
PAGE_FAULTS: Final = (Fault.REPEATS_PAGE, Fault.LOSES_COOKIE)


class HostileConfig(MemoryConfig):
    """The store's options, and the script's."""

    seed: int = Field(default=0, description="Seed of the script.")
    faults: Mapping[Fault, Annotated[float, Field(ge=0, le=1)]] = Field(
        default={},
        description="How likely each fault is, from 0 to 1: for each operation, read, batch or page.",
    )
    hang_seconds: float = Field(default=60.0, ge=0, description="How long a hanging call says nothing, in seconds.")
    retry_after: float = Field(default=0.05, ge=0, description="The pause that throttling asks for, in seconds.")

    @model_validator(mode="after")
    def _one_fault_at_a_time(self) -> Self:
        for together in (WRITE_FAULTS, READ_FAULTS, BATCH_FAULTS, PAGE_FAULTS):
            if sum(self.faults.get(each, 0) for each in together) > 1:
                raise ValueError(f"faults: {', '.join(together)} exclude each other; their sum is at most 1")
        return self


class HostileAdapter(MemoryAdapter):
    """`suffered` lists the faults so far, in order."""

    def __init__(self, config: HostileConfig, context: AdapterContext) -> None:
        super().__init__(config, context)
        self.suffered: list[Fault] = []
        self._script = config
        self._random = random.Random(config.seed)  # noqa: S311 - a script to repeat, not a secret
        self._released = threading.Event()

    def close(self) -> None:
        # A call that still hangs goes on at once, as late as it is: nothing is left behind when a test ends.
        self._released.set()
        super().close()

    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        outcomes = dict(super().export(batch))
        match self._next(BATCH_FAULTS):
            case Fault.UNKNOWN_ID:
                outcomes[new_operation_id()] = Applied()
            case Fault.MISSING_OUTCOME:
                del outcomes[self._random.choice(list(outcomes))]
            case Fault.WRONG_TYPE:
                outcomes[self._random.choice(list(outcomes))] = cast("Any", "OK")
            case Fault.REORDERS:
                return dict(self._random.sample(list(outcomes.items()), len(outcomes)))
        return outcomes

    def get(self, ref: ObjectRef) -> TargetObject | None:
        fault = self._next(READ_FAULTS)
        if fault is not None:
            raise self._failure(fault)
        return super().get(ref)

    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        for page in super().search(query):
            fault = self._next(PAGE_FAULTS)
            yield page
            if fault is Fault.REPEATS_PAGE:
                yield page
            if fault is Fault.LOSES_COOKIE:
                raise ConnectionBrokenError("the target knows the page cookie no more")

    def _apply(self, attempt: Attempt) -> Success:
        # Taken before a hang: a call that was given up still reaches the target of a closed instance.
        apply = self._opened().apply
        body = attempt.operation.body
        match self._next(WRITE_FAULTS if isinstance(body, Create) else _CHANGE_FAULTS):
            case None:
                return apply(attempt)
            case Fault.LOSES_REPLY:
                apply(attempt)
                raise ConnectionBrokenError("the connection was lost during the call")
            case Fault.HALF_CREATES if isinstance(body, Create):
                half = Create(dict(list(body.attributes.items())[: len(body.attributes) // 2]))
                made = apply(replace(attempt, operation=replace(attempt.operation, body=half)))
                raise PartiallyCreatedError("the target took half of the attributes", anchor=made.anchor)
            case Fault.HANGS if self._random.random() < 0.5:  # noqa: PLR2004 - a coin
                self._released.wait(self._script.hang_seconds)
                return apply(attempt)
            case fault:
                raise self._failure(fault)

    def _failure(self, fault: Fault) -> Exception:
        """How a call ends that did nothing."""
        match fault:
            case Fault.THROTTLES:
                return ThrottledError("the target asks for a pause", retry_after=self._script.retry_after)
            case Fault.RAISES:
                return RuntimeError(f"cannot connect to postgresql://bridge:{LEAKED_PASSWORD}@target/people")
            case Fault.HANGS:
                self._released.wait(self._script.hang_seconds)
        return ConnectionBrokenError("the connection was lost before the target did anything")

    def _next(self, possible: Sequence[Fault]) -> Fault | None:
        """The script's next line: one draw, so the script does not shift with what is possible."""
        drawn = self._random.random()
        for fault in possible:
            drawn -= self._script.faults.get(fault, 0)
            if drawn < 0:
                self.suffered.append(fault)
                return fault
        return None


ADAPTER = AdapterSpec(
    name="hostile",
    config="bridge.sdk.testing.hostile:HostileConfig",
    adapter="bridge.sdk.testing.hostile:HostileAdapter",
    settle_time=0.0,  # tests that let calls hang longer than their deadline set their own
)
