"""The hostile adapter keeps the contract while it is quiet, and breaks it in each way that its script can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from bridge.sdk import (
    AdapterContext,
    Applied,
    Attempt,
    AttributeDelta,
    Attributes,
    CallerName,
    ConnectionBrokenError,
    ConnectorName,
    Create,
    Deferred,
    DeltaKind,
    Name,
    ObjectRef,
    Operation,
    OperationId,
    Outcome,
    Query,
    Secret,
    ThrottledError,
    Uncertain,
    Update,
)
from bridge.sdk.testing.contract import Connector, contract_suite
from bridge.sdk.testing.hostile import (
    ADAPTER,
    BATCH_FAULTS,
    LEAKED_PASSWORD,
    PAGE_FAULTS,
    WRITE_FAULTS,
    Fault,
    HostileAdapter,
    HostileConfig,
)
from bridge.sdk.testing.memory import History, forget_store, named_store
from bridge.sdk.testing.memory.schema import USER
from tests.contract.samples import SAMPLE

STORE = "contract-of-hostile"
APPLIES_AFTER_HANGING = 2
"""A seed whose coin falls so at the first hang."""


@pytest.fixture
def quiet() -> Iterator[Connector]:
    yield Connector({"store": STORE})
    forget_store(STORE)


TestQuiet = contract_suite(spec=ADAPTER, connector="quiet", sample=SAMPLE)

Make = Callable[..., HostileAdapter]


@pytest.fixture
def hostile() -> Iterator[Make]:
    """Makes an open instance that has these faults; all of one test share one store with a history."""
    made: list[HostileAdapter] = []

    def make(faults: dict[Fault, float], seed: int = 1, hang_seconds: float = 0) -> HostileAdapter:
        config = HostileConfig(store=STORE, history=History.KEPT, faults=faults, seed=seed, hang_seconds=hang_seconds)
        made.append(HostileAdapter(config, AdapterContext(ConnectorName("hostile"), Secret)))
        made[-1].open()
        return made[-1]

    yield make
    for each in made:
        each.close()
    forget_store(STORE)


def _creation(name: str, attributes: Attributes | None = None) -> Attempt:
    target = ObjectRef(USER, name=Name(name))
    body = Create(attributes or {"surname": (name,), "given_name": (name,)})
    return Attempt(Operation(OperationId(name), CallerName("test"), ConnectorName("hostile"), target, body))


def _created(adapter: HostileAdapter, name: str) -> Outcome:
    return adapter.export([_creation(name)])[OperationId(name)]


def _effects() -> Sequence[tuple[str, str]]:
    return [(row.operation, row.effect) for row in named_store(STORE).history()]


def test_a_lost_reply_hides_an_effect(hostile: Make) -> None:
    outcome = _created(hostile({Fault.LOSES_REPLY: 1}), "lost")
    assert isinstance(outcome, Uncertain)
    assert outcome.failure.code == "connection_broken"
    assert _effects() == [("lost", "applied")]


def test_a_break_has_no_effect_and_looks_the_same(hostile: Make) -> None:
    broken = _created(hostile({Fault.BREAKS: 1}), "broken")
    assert isinstance(broken, Uncertain)
    assert broken.failure.code == "connection_broken"
    assert not _effects()


def test_a_hang_has_an_effect_or_none(hostile: Make) -> None:
    adapter = hostile({Fault.HANGS: 1})
    outcomes = adapter.export([_creation(str(each)) for each in range(20)])
    assert {type(each) for each in outcomes.values()} == {Applied, Uncertain}
    applied = {operation for operation, each in outcomes.items() if isinstance(each, Applied)}
    assert {operation for operation, _ in _effects()} == applied


class _Announcing(threading.Event):
    """Tells when somebody begins to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_for.set()
        return super().wait(timeout)


def test_a_hanging_call_reaches_the_target_after_its_instance_was_closed(hostile: Make) -> None:
    adapter = hostile({Fault.HANGS: 1}, seed=APPLIES_AFTER_HANGING, hang_seconds=600)
    released = adapter._released = _Announcing()
    with ThreadPoolExecutor(1) as host:
        call = host.submit(adapter.export, [_creation("late")])
        assert released.waited_for.wait(10)
        adapter.close()
        assert isinstance(call.result(10)[OperationId("late")], Applied)
    assert _effects() == [("late", "applied")]


def test_a_half_made_object_has_its_anchor_and_half_of_its_attributes(hostile: Make) -> None:
    outcome = _created(hostile({Fault.HALF_CREATES: 1}), "half")
    assert isinstance(outcome, Uncertain)
    assert outcome.failure.code == "partially_created"
    found = hostile({}).get(ObjectRef(USER, outcome.anchor))
    assert found is not None
    assert set(found.attributes) == {"surname"}


def test_only_creates_are_made_by_half(hostile: Make) -> None:
    adapter = hostile({Fault.HALF_CREATES: 1})
    outcome = _created(adapter, "half")
    assert isinstance(outcome, Uncertain)
    ref = ObjectRef(USER, outcome.anchor)
    update = Update((AttributeDelta("surname", DeltaKind.REPLACE, ("other",)),))
    operation = Operation(OperationId("update"), CallerName("test"), ConnectorName("hostile"), ref, update)
    assert isinstance(adapter.export([Attempt(operation)])[operation.id], Applied)


def test_throttling_says_how_long(hostile: Make) -> None:
    adapter = hostile({Fault.THROTTLES: 1})
    outcome = _created(adapter, "throttled")
    assert isinstance(outcome, Deferred)
    assert outcome.failure.retry_after == adapter.config.model_dump()["retry_after"]
    with pytest.raises(ThrottledError):
        adapter.get(ObjectRef(USER, name=Name("throttled")))


def test_an_exception_leaves_a_batch_half_done_and_holds_a_password(hostile: Make) -> None:
    adapter = hostile({Fault.RAISES: 0.05})
    with pytest.raises(RuntimeError, match=LEAKED_PASSWORD):
        adapter.export([_creation(str(each)) for each in range(100)])
    assert 0 < len(_effects()) < 100


def test_an_outcome_for_nobody(hostile: Make) -> None:
    outcomes = hostile({Fault.UNKNOWN_ID: 1}).export([_creation("one")])
    assert len(outcomes) == 2


def test_a_missing_outcome(hostile: Make) -> None:
    assert len(hostile({Fault.MISSING_OUTCOME: 1}).export([_creation("one"), _creation("two")])) == 1
    assert len(_effects()) == 2


def test_something_that_is_no_outcome(hostile: Make) -> None:
    assert not isinstance(_created(hostile({Fault.WRONG_TYPE: 1}), "one"), Outcome)


def test_all_outcomes_in_another_order(hostile: Make) -> None:
    batch = [_creation(str(each)) for each in range(20)]
    outcomes = hostile({Fault.REORDERS: 1}).export(batch)
    asked = [each.operation.id for each in batch]
    assert list(outcomes) != asked
    assert sorted(outcomes) == sorted(asked)


def test_a_page_comes_twice(hostile: Make) -> None:
    adapter = hostile({Fault.REPEATS_PAGE: 1})
    _created(adapter, "one")
    first, second = adapter.search(Query(USER))
    assert first == second


def test_a_search_breaks_off_between_pages(hostile: Make) -> None:
    adapter = hostile({Fault.LOSES_COOKIE: 1})
    adapter.export([_creation(str(each)) for each in range(4)])
    pages = adapter.search(Query(USER, page_size=2))
    assert len(next(pages)) == 2
    with pytest.raises(ConnectionBrokenError):
        next(pages)


def _run(adapter: HostileAdapter) -> list[Fault]:
    for number in range(300):
        try:
            adapter.export([_creation(str(number))])
        except RuntimeError:
            continue
    for _ in range(20):
        try:
            list(adapter.search(Query(USER, page_size=50)))
        except ConnectionBrokenError:
            continue
    return adapter.suffered


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_gives_the_same_script_with_every_fault_in_it(hostile: Make, seed: int) -> None:
    faults = dict.fromkeys(WRITE_FAULTS, 0.1) | dict.fromkeys(BATCH_FAULTS, 0.1) | dict.fromkeys(PAGE_FAULTS, 0.2)
    first = _run(hostile(faults, seed))
    assert set(first) == set(Fault)
    forget_store(STORE)
    assert _run(hostile(faults, seed)) == first
    forget_store(STORE)
    assert _run(hostile(faults, seed + 10)) != first


def test_faults_that_exclude_each_other_sum_up_to_one_at_most() -> None:
    with pytest.raises(ValidationError, match="their sum is at most 1"):
        HostileConfig(faults={Fault.BREAKS: 0.6, Fault.HANGS: 0.6})
