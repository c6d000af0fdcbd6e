"""The journal against a model in plain Python: any history of accepts, attempts, steps, purges, stops and crashes."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.journal import Conclusion, Entry, Purge, Step, Transition
from bridge.journal.maintenance import check
from bridge.model import lifecycle
from bridge.model.attributes import AttributeDelta, DeltaKind
from bridge.model.errors import OperationReusedError, StepRefusedError
from bridge.model.identity import (
    Anchor,
    CallerName,
    ConnectorName,
    Name,
    ObjectRef,
    ObjectType,
    OperationId,
    SettleNumber,
)
from bridge.model.lifecycle import TRANSITIONS, State
from bridge.model.operations import Body, Create, Delete, Operation, SetPassword, Update
from bridge.model.outcomes import Failure
from bridge.model.secrets import Secret
from bridge.model.status import OperationFilter, OperationStatus
from tests.unit.journal.opened import OpenedJournal

CONNECTOR = ConnectorName("target")
CANARY = "canary-9c41f2"
FAILURE = Failure("throttled", "the target asks for a pause")
NAMES = ("alice", "bob", "Ålice")
STEPS = {State.WAITING, State.CANCELLED}
POSSIBLE_STEPS = {State.ACCEPTED: {State.CANCELLED}, State.WAITING: STEPS, State.PARKED: STEPS}

bodies = st.one_of(
    st.just(Delete()),
    st.builds(lambda n: SetPassword(Secret(f"{CANARY} {n}")), st.integers(0, 1)),
    st.builds(lambda n: Create({"pin": (Secret(f"{CANARY} pin {n}"),)}), st.integers(0, 1)),
    st.builds(lambda n: Update((AttributeDelta("count", DeltaKind.REPLACE, (n,)),)), st.integers(0, 1)),
)
callers = st.sampled_from([CallerName("one"), CallerName("two")])
ids = st.sampled_from([OperationId(f"op-{number}") for number in range(6)])

Identity = tuple[CallerName, OperationId]


@dataclass
class Known:
    """What the model knows of one operation."""

    sequence: int
    lane: int
    target: ObjectRef
    body: Body
    state: State = State.ACCEPTED
    attempts: int = 0
    settled: int | None = None


class JournalMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="journal-machine-"))
        self.deaths = 0
        self.known: dict[Identity, Known] = {}
        self.lanes: dict[str, int] = {}
        self.last_sequence = 0
        self.last_settled = 0

    @initialize()
    def open(self) -> None:
        self.opened = OpenedJournal(self.home / "journal-0")

    @rule(caller=callers, id_=ids, name=st.sampled_from(NAMES), body=bodies)
    def accept(self, caller: CallerName, id_: OperationId, name: str, body: Body) -> None:
        target = ObjectRef(ObjectType("user"), None, Name(name))
        [answer] = self.opened.accept(Operation(id_, caller, CONNECTOR, target, body))
        known = self.known.get((caller, id_))
        if known is None:
            assert isinstance(answer, Entry)
            self._enter(answer, name)
        elif (known.target, known.body) == (target, body):
            assert isinstance(answer, OperationStatus)
            assert (answer.sequence, answer.state) == (known.sequence, known.state)
        else:
            assert isinstance(answer, OperationReusedError)

    def _enter(self, entry: Entry, name: str) -> None:
        assert entry.sequence > self.last_sequence, "a sequence is never given twice, not even after a purge"
        self.last_sequence = entry.sequence
        assert self.lanes.setdefault(name.casefold(), entry.lane) == entry.lane, "one object, one lane"
        operation = entry.operation
        identity = operation.caller, operation.id
        self.known[identity] = Known(entry.sequence, entry.lane, operation.target, operation.body)

    @precondition(lambda self: self._in({State.ACCEPTED, State.WAITING, State.RUNNING}))
    @rule(data=st.data(), claims=st.integers(1, 2))
    def intend(self, data: st.DataObject, claims: int) -> None:
        """Claimed once or, as it must never be, twice: only one claim may be sent."""
        known = self._draw(data, {State.ACCEPTED, State.WAITING, State.RUNNING})
        [entry], _ = self.opened.run(self.opened.journal.history.load([known.sequence]))
        assert entry.operation.body == known.body, "secrets and all come back"
        granted = self.opened.run(self.opened.journal.intend([entry] * claims))
        assert len(granted) == (known.state is not State.RUNNING)
        known.attempts += len(granted)
        known.state = State.RUNNING

    @precondition(lambda self: self._in({State.RUNNING, State.UNCERTAIN, State.CONFIRMING}))
    @rule(data=st.data())
    def record(self, data: st.DataObject) -> None:
        known = self._draw(data, {State.RUNNING, State.UNCERTAIN, State.CONFIRMING})
        state = data.draw(st.sampled_from(sorted(TRANSITIONS[known.state])))
        [entry], _ = self.opened.run(self.opened.journal.history.load([known.sequence]))
        success = Conclusion(anchor=Anchor(f"a-{known.target.name}"))
        conclusion = success if state is State.SUCCEEDED else Conclusion(FAILURE)
        told = self.opened.run(self.opened.journal.record([Transition(entry, state, conclusion)]))
        self._move(known, state)
        assert [status.settle_number for status in told] == ([known.settled] if known.settled else [])

    @precondition(lambda self: self.known)
    @rule(data=st.data(), wanted=st.sampled_from(sorted(STEPS)))
    def step(self, data: st.DataObject, wanted: State) -> None:
        identity = data.draw(st.sampled_from(sorted(self.known)))
        known = self.known[identity]
        allowed = wanted in POSSIBLE_STEPS.get(known.state, ())
        try:
            stepped = self.opened.run(
                self.opened.journal.step(Step(*identity, wanted, CallerName("person")), lambda _: None)
            )
        except StepRefusedError:
            assert not allowed
            return
        assert allowed
        self._move(known, wanted)
        assert stepped.settle_number == known.settled

    @rule(age=st.sampled_from([-10.0, 10.0]))
    def purge(self, age: float) -> None:
        """All that is final goes, or nothing; what is open stays."""
        self.opened.run(self.opened.journal.purge(Purge(time.time() - age, 0.0)))
        if age < 0:
            self.known = {identity: each for identity, each in self.known.items() if each.settled is None}

    @rule()
    def stop_and_start(self) -> None:
        self.opened.reopen()
        self._lose_claims()

    @rule()
    def crash(self) -> None:
        self.deaths += 1
        self.opened.crash(self.home / f"journal-{self.deaths}")
        self._lose_claims()

    def _lose_claims(self) -> None:
        for known in self._in({State.RUNNING, State.CONFIRMING}):
            known.state = State.UNCERTAIN

    def _move(self, known: Known, state: State) -> None:
        known.state = state
        if state in lifecycle.FINAL:
            self.last_settled += 1
            known.settled = self.last_settled

    def _in(self, states: set[State]) -> list[Known]:
        return [each for each in self.known.values() if each.state in states]

    def _draw(self, data: st.DataObject, states: set[State]) -> Known:
        return data.draw(st.sampled_from(sorted(self._in(states), key=lambda each: each.sequence)))

    @invariant()
    def the_journal_says_what_the_model_says(self) -> None:
        history = self.opened.journal.history
        found = self.opened.run(history.operations(OperationFilter(limit=1000)))
        told = {
            (each.caller, each.id): (each.sequence, each.state, each.attempts, each.settle_number) for each in found
        }
        assert told == {
            identity: (each.sequence, each.state, each.attempts, each.settled) for identity, each in self.known.items()
        }

    @invariant()
    def settle_numbers_have_no_gaps(self) -> None:
        history = self.opened.journal.history
        settled, _ = self.opened.run(history.settlements(SettleNumber(0), [CONNECTOR], 1000))
        numbers = [each.settle_number or 0 for each in settled]
        assert numbers == list(range(self.last_settled - len(numbers) + 1, self.last_settled + 1))

    @invariant()
    def the_count_of_open_operations_is_right(self) -> None:
        assert self.opened.journal.pending == sum(each.settled is None for each in self.known.values())

    def teardown(self) -> None:
        directory = self.opened.directory
        raw = b"".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file())
        self.opened.close()
        try:
            assert CANARY.encode() not in raw, "a secret stands in a file in clear"
            assert check(directory).problems == ()
            assert not self.opened.failures
        finally:
            shutil.rmtree(self.home)


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
