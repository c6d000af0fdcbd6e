"""The backlog against a plain list: whatever the interleaving, each lane goes out whole, once, and in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.engine.backlog import Backlog
from bridge.journal import Entry
from bridge.model.identity import Lane
from bridge.model.lifecycle import State
from tests.unit.engine.operations import entry

WINDOW = 6
LANE_WINDOW = 2
WINDOW_BYTES = 10
PAGE_BYTES = 6
SIZES = st.integers(0, 7)


def within(found: list[Entry]) -> list[Entry]:
    """As the journal does: a page ends with the entry that makes it too large."""
    page: list[Entry] = []
    for each in found:
        page.append(each)
        if sum(entry.size for entry in page) >= PAGE_BYTES:
            break
    return page


class Interleavings(RuleBasedStateMachine):
    """The journal commits; what it answers, and what it tells of commits, arrives later: each is a rule of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog(WINDOW, LANE_WINDOW, WINDOW_BYTES)
        self.journal: list[Entry] = []
        self.untold: list[Entry] = []
        self.out: dict[int, Entry] = {}
        self.held: dict[int, Entry] = {}
        self.order: dict[Lane, list[int]] = defaultdict(list)
        self.refill: tuple[list[Entry], int, int] | None = None
        self.lanes: tuple[list[tuple[Lane, int]], list[Entry], int] | None = None

    @initialize(found=st.lists(st.integers(1, 4), max_size=12), resting=st.sets(st.integers(1, 4)))
    def start(self, found: list[int], resting: set[int]) -> None:
        """A restart finds operations in the journal; the first of some lanes rests."""
        for lane in found:
            self.journal.append(replace(entry(len(self.journal) + 1, lane), size=lane))
        for lane in resting & set(found):
            first = next(each for each in self.journal if each.lane == lane)
            self.order[first.lane].append(first.sequence)
            self.hold(first)

    @rule(lane=st.integers(1, 4), size=SIZES)
    def commit(self, lane: int, size: int) -> None:
        self.untold.append(replace(entry(len(self.journal) + 1, lane), size=size))
        self.journal.append(self.untold[-1])

    @precondition(lambda self: self.untold)
    @rule()
    def tell(self) -> None:
        self.backlog.offer(self.untold.pop(0))

    @precondition(lambda self: not self.refill and not self.lanes and self.backlog.wants_refill())
    @rule()
    def ask_for_more(self) -> None:
        wanted = min(self.backlog.room(), 3)
        after = self.backlog.read_after or 0
        found = [each for each in self.journal if each.sequence > after and each.state is State.ACCEPTED]
        page = within(found[:wanted])
        cut = len(page) < len(found[:wanted])
        self.refill = page, len(page) if cut else wanted, self.backlog.tip

    @precondition(lambda self: self.refill)
    @rule()
    def get_more(self) -> None:
        assert self.refill
        self.backlog.refill(*self.refill)
        self.refill = None

    @precondition(lambda self: not self.refill and not self.lanes)
    @rule()
    def ask_for_lanes(self) -> None:
        wanted = self.backlog.wanting()
        found: list[Entry] = []
        for lane, last in wanted:
            behind = [each for each in self.journal if each.lane == lane and each.sequence > last]
            found += [each for each in behind if each.state is State.ACCEPTED][:LANE_WINDOW]
        if wanted:
            found.sort(key=lambda each: each.sequence)
            page = within(found)
            self.lanes = wanted, page, 0 if len(page) < len(found) else LANE_WINDOW

    @precondition(lambda self: self.lanes)
    @rule()
    def get_lanes(self) -> None:
        assert self.lanes
        self.backlog.continue_lanes(*self.lanes)
        self.lanes = None

    @rule(limit=st.integers(1, 3), limit_bytes=st.integers(1, 9))
    def take(self, limit: int, limit_bytes: int) -> None:
        taken = [each for each, *_ in self.backlog.take(limit, limit_bytes)]
        assert sum(each.size for each in taken[:-1]) < limit_bytes
        for each in taken:
            if each.state is not State.ACCEPTED:
                # It was read before it became final: no intent can be written for it any more.
                assert each.state is State.SUCCEEDED
                self.backlog.finish(each.lane)
                continue
            assert all(other.lane != each.lane for other in (*self.out.values(), *self.held.values()))
            each.state = State.RUNNING
            self.out[each.sequence] = each
            self.order[each.lane].append(each.sequence)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), rests=st.booleans())
    def conclude(self, data: st.DataObject, rests: bool) -> None:  # noqa: FBT001 - drawn, not passed
        each = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        if rests:
            self.hold(each)
        else:
            self.finish(each)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def settle_held(self, data: st.DataObject) -> None:
        self.finish(self.held.pop(data.draw(st.sampled_from(sorted(self.held)))))

    def hold(self, each: Entry) -> None:
        each.state = State.WAITING
        self.held[each.sequence] = each
        self.backlog.hold(each.lane, each.sequence)

    def finish(self, each: Entry) -> None:
        each.state = State.SUCCEEDED
        assert self.backlog.is_out(each.lane, each.sequence)
        self.backlog.finish(each.lane)

    @invariant()
    def windows_hold(self) -> None:
        assert self.backlog.room() >= 0
        assert self.backlog.ready <= 4

    def read_all(self) -> None:
        if self.refill:
            self.get_more()
        if self.lanes:
            self.get_lanes()
        if self.backlog.wants_refill():
            self.ask_for_more()
            self.get_more()
        self.ask_for_lanes()
        if self.lanes:
            self.get_lanes()

    def teardown(self) -> None:
        """Let everything come to its end: then each operation went out once, each lane in order."""
        for _ in range(3 * len(self.journal) + 10):
            while self.untold:
                self.tell()
            self.read_all()
            self.take(3, 9)
            for each in [*self.out.values(), *self.held.values()]:
                self.finish(each)
            self.out.clear()
            self.held.clear()
        wanted: dict[Lane, list[int]] = defaultdict(list)
        for each in self.journal:
            wanted[each.lane].append(each.sequence)
        assert self.order == wanted


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


def test_what_is_offered_before_the_journal_was_read_does_not_overtake_what_it_holds() -> None:
    backlog = Backlog()
    backlog.offer(entry(2))
    assert backlog.take(1, 1) == []
    backlog.refill([entry(1), entry(2)], 10, backlog.tip)
    assert [each.sequence for each, *_ in backlog.take(2, 1)] == [1]


def test_what_is_offered_while_its_lane_is_read_is_not_forgotten() -> None:
    backlog = Backlog(lane_window=1)
    backlog.refill([], 1, 0)
    for sequence in (1, 2):
        backlog.offer(entry(sequence))
    [[first]] = backlog.take(1, 1)
    backlog.finish(first.lane)
    wanted = backlog.wanting()
    backlog.offer(entry(3))
    backlog.continue_lanes(wanted, [entry(2)], 2)
    [[second]] = backlog.take(1, 1)
    backlog.finish(second.lane)
    assert backlog.wanting() == [(1, 2)]
