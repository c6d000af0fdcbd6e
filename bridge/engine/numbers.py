"""Numbers that the bridge gives to new objects: uidNumber, gidNumber, a badge number.

A create that names no value for such an attribute gets the next number of its connector's sequence before its first
intent is written, and keeps it in the journal from then on: every later attempt, confirm and answer has the same one.
No number is ever given twice, not even when its operation fails. Called by the executor. Comes before: `journal`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from bridge.config.settings import NumberSettings
from bridge.host.catalog import HostedConnector
from bridge.journal import Assignment, Entry, Journal
from bridge.model.attributes import Attributes
from bridge.model.errors import BridgeError, InvalidValueError, outcome_of
from bridge.model.filters import Compare, Comparison, Filter, Or
from bridge.model.identity import ObjectType
from bridge.model.operations import Create
from bridge.model.outcomes import Deferred, Outcome, Uncertain
from bridge.model.schema import Schema
from bridge.sdk.spi import Query

PROBED_AT_ONCE = 128
"""Numbers asked for in one search, once some were found taken: somebody gave out a stretch of them."""


class Numbers:
    """The sequences of one connector. The last number given is on disk before an operation has it."""

    def __init__(self, journal: Journal, connector: HostedConnector) -> None:
        self._journal = journal
        self._connector = connector
        self._sequences = [Sequenced(connector, each) for each in connector.settings.numbers]

    async def recover(self) -> None:
        """Go on behind the last number that was given before this start."""
        given = await self._journal.history.last_numbers(self._connector.name)
        for each in self._sequences:
            each.last = max(each.last, given.get(each.settings.attribute, each.last))

    async def assign(self, entries: Sequence[Entry]) -> Mapping[int, Outcome]:
        """Give these operations what they lack; for those that got nothing, by sequence, why."""
        failed: dict[int, Outcome] = {}
        for numbers in self._sequences:
            lacking = [each for each in entries if each.sequence not in failed and numbers.lacks(each)]
            if lacking:
                failed |= await self._give(numbers, lacking)
        return failed

    async def _give(self, numbers: Sequenced, lacking: Sequence[Entry]) -> Mapping[int, Outcome]:
        try:
            free = await numbers.free(len(lacking))
        except BridgeError as error:
            return dict.fromkeys((each.sequence for each in lacking), _not_now(outcome_of(error)))
        given = [
            Assignment(entry, numbers.settings.attribute, lacked(entry, numbers.settings, number), number)
            for entry, number in zip(lacking, free, strict=False)
        ]
        await self._journal.assign(given)
        exhausted = outcome_of(InvalidValueError(numbers.exhausted, attributes=(numbers.settings.attribute,)))
        return {each.sequence: exhausted for each in lacking[len(given) :]}


class Sequenced:
    """One sequence: which numbers are next, and which of them the target knows already."""

    def __init__(self, connector: HostedConnector, settings: NumberSettings) -> None:
        self.settings = settings
        self.last = settings.first - 1
        self._connector = connector
        self._unproven: deque[int] = deque()
        """Taken, and not given, as the target could not be asked."""

    @property
    def exhausted(self) -> str:
        return (
            f"no number from {self.settings.first} to {self.settings.last} is left for {self.settings.attribute}: each"
            f" was given, or an object has it; raise connectors.{self._connector.name}.numbers: last"
        )

    def lacks(self, entry: Entry) -> bool:
        operation = entry.operation
        return (
            operation.target.object_type in self.settings.object_types
            and isinstance(operation.body, Create)
            and not operation.body.attributes.get(self.settings.attribute)
        )

    async def free(self, count: int) -> Sequence[int]:
        """The next numbers that no object of the target has; fewer only if the sequence is exhausted.

        They are taken before the target is asked: whoever asks meanwhile gets others.
        """
        free: list[int] = []
        wanted = count
        while wanted:
            candidates = list(self._take(wanted))
            if not candidates:
                break
            taken = await self._asked(candidates)
            free += [each for each in candidates if each not in taken]
            wanted = max(count - len(free), 0)
            if wanted and taken:
                wanted = max(wanted, PROBED_AT_ONCE)
        self._unproven.extendleft(reversed(free[count:]))
        return free[:count]

    def _take(self, count: int) -> Iterator[int]:
        for _ in range(count):
            if self._unproven:
                yield self._unproven.popleft()
            elif self.last < self.settings.last:
                self.last += 1
                yield self.last

    async def _asked(self, candidates: Sequence[int]) -> set[int]:
        try:
            return await self._known_to_target(candidates)
        except BridgeError:
            self._unproven += candidates
            raise

    async def _known_to_target(self, numbers: Sequence[int]) -> set[int]:
        attribute = self.settings.attribute
        which: Filter = Or(tuple(Compare(attribute, Comparison.EQUAL, each) for each in numbers))
        found: set[int] = set()
        for object_type in self.settings.object_types:
            async for page in self._connector.reader.search(Query(ObjectType(object_type), which)):
                found.update(
                    value for each in page for value in each.attributes.get(attribute, ()) if isinstance(value, int)
                )
        return found


def lacked(entry: Entry, settings: NumberSettings, number: int) -> Attributes:
    """What a create without that number gets; what its caller gave stays."""
    given = entry.operation.body.attributes if isinstance(entry.operation.body, Create) else {}
    return {name: (number,) for name in (settings.attribute, *settings.also) if not given.get(name)}


def misfits(connector: HostedConnector, schema: Schema) -> Iterator[str]:
    """What the sequences of the connector name and the target does not have: nothing would ever be numbered by that."""
    for index, settings in enumerate(connector.settings.numbers):
        where = f"connectors.{connector.name}.numbers[{index}]"
        for name in settings.object_types:
            kind = schema.object_types.get(ObjectType(name))
            if kind is None:
                known = ", ".join(sorted(schema.object_types))
                yield f"{where}.object_types: there is no object type {name!r}; there are {known}"
                continue
            for attribute in (settings.attribute, *settings.also):
                if attribute not in kind.attributes:
                    field = "attribute" if attribute == settings.attribute else "also"
                    yield f"{where}.{field}: object type {name} has no attribute {attribute!r}; give one that it has"


def _not_now(outcome: Outcome) -> Outcome:
    """Nothing was written: a read in doubt is simply asked again."""
    return Deferred(outcome.failure) if isinstance(outcome, Uncertain) else outcome
