"""A seeded load: many objects, several operations on each in one lane, fed in portions around each kill."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.model.attributes import AttributeDelta, DeltaKind, Value, Values
from bridge.model.identity import ConnectorName, Name, ObjectRef, ObjectType, new_operation_id
from bridge.model.operations import Body, Create, Delete, Operation, Rename, SetPassword, Update
from bridge.model.secrets import Secret
from tests.crash.bridge_process import CALLER
from tests.crash.checker import Asked, Repeat

CONNECTOR = ConnectorName("target")
USER = ObjectType("user")
GROUP = ObjectType("group")
AT_A_TIME = 24
"""Objects whose lanes are mixed with each other."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How one kind of target calls what the load writes. Names and attributes are made from an object's label."""

    user: Callable[[str], Name]
    group: Callable[[str], Name]
    attributes: Callable[[str], dict[str, Values]]
    group_attributes: Callable[[str], dict[str, Values]]
    counter: str
    count: Callable[[int], Value]
    values: str
    member: str
    password: Repeat


Step = tuple[Operation, Asked]


class Workload:
    """`operations` yields what was released, for ever, until `end`. `asked` has all that was yielded."""

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self._words = vocabulary
        self._random = random.Random(seed)
        self._prefix = f"c{seed}-{new_operation_id()[-6:]}"
        self._made = 0
        self._changed = threading.Condition()
        self._left = 0
        self._ended = False
        self.asked: list[Asked] = []
        self.sent: list[Operation] = []

    def release(self, count: int) -> None:
        """Let that many more operations out."""
        with self._changed:
            self._left += count
            self._changed.notify_all()

    def end(self) -> None:
        """No more than what was released."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def operations(self) -> Iterator[Operation]:
        for operation, asked in self._mixed():
            if not self._may_go():
                return
            self.asked.append(asked)
            self.sent.append(operation)
            yield operation

    def _may_go(self) -> bool:
        """Waits for one more to be released; False once there will be none."""
        with self._changed:
            while not self._left and not self._ended:
                self._changed.wait()
            self._left -= 1
            return self._left >= 0

    def _mixed(self) -> Iterator[Step]:
        """Lanes interleaved at random; each lane in its own order."""
        lanes = [self._lane() for _ in range(AT_A_TIME)]
        while True:
            place = self._random.randrange(len(lanes))
            step = next(lanes[place], None)
            if step is None:
                lanes[place] = self._lane()
            else:
                yield step

    def _lane(self) -> Iterator[Step]:
        self._made += 1
        label = f"{self._prefix}-{self._made}"
        return self._group(label) if self._made % 12 == 0 else self._user(label)

    def _user(self, label: str) -> Iterator[Step]:
        ref = ObjectRef(USER, None, self._words.user(label))
        yield self._step(label, ref, Create(self._words.attributes(label)), "create")
        count = 0
        for _ in range(self._random.randint(1, 4)):
            count += 1
            yield self._count(label, ref, count)
        if self._random.random() < 0.5:
            secret = Secret(f"canary {label} {self._random.random()}")
            yield self._step(label, ref, SetPassword(secret), "password", repeat=self._words.password)
        if self._random.random() < 0.6:
            renamed = f"{label}-renamed"
            name = self._words.user(renamed)
            yield self._step(label, ref, Rename(name), f"rename {renamed}")
            ref = ObjectRef(USER, None, name)
            yield self._count(label, ref, count + 1)
        if self._random.random() < 0.5:
            yield self._step(label, ref, Delete(), "delete")

    def _count(self, label: str, ref: ObjectRef, count: int) -> Step:
        """The counter goes up and, in the same step, a value is added to a list."""
        value = f"v{count}"
        deltas = (
            AttributeDelta(self._words.counter, DeltaKind.REPLACE, (self._words.count(count),)),
            AttributeDelta(self._words.values, DeltaKind.ADD, (value,)),
        )
        return self._step(label, ref, Update(deltas), f"count {count}", f"value {value}")

    def _group(self, label: str) -> Iterator[Step]:
        """A group, and users who become its members; a member may be named before it is there."""
        ref = ObjectRef(GROUP, None, self._words.group(label))
        yield self._step(label, ref, Create(self._words.group_attributes(label)), "create")
        for number in range(3):
            member = f"{label}-m{number}"
            user = ObjectRef(USER, None, self._words.user(member))
            yield self._step(member, user, Create(self._words.attributes(member)), "create")
            delta = AttributeDelta(self._words.member, DeltaKind.ADD, (user,))
            yield self._step(label, ref, Update((delta,)), f"member {member}")

    def _step(self, lane: str, ref: ObjectRef, body: Body, *effects: str, repeat: Repeat = Repeat.NEVER) -> Step:
        operation = Operation(new_operation_id(), CALLER, CONNECTOR, ref, body)
        return operation, Asked(operation.id, lane, effects, repeat)
