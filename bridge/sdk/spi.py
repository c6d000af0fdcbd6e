"""What an adapter implements. Called by `host/facade.py` only.

An adapter inherits `Adapter` and one small class per thing its target can do, so its class header is its capability
list. One instance gets one call at a time, always from one thread. Everything is synchronous; the host owns
threads, deadlines and retries. Raise the errors of `bridge.model.errors` and nothing else: their class tells the
engine whether the change surely did not happen (retry), never will (reject), or may have happened (uncertain).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from bridge.model.capabilities import Capabilities, Replay, Verb
from bridge.model.errors import BridgeError, UnsupportedError, outcome_of
from bridge.model.filters import Filter
from bridge.model.identity import CallerName, ObjectRef, ObjectType, OperationId, Watermark
from bridge.model.objects import ChangePage, TargetObject
from bridge.model.operations import Attempt, OperationKind
from bridge.model.outcomes import Applied, Outcome, Unchanged
from bridge.model.schema import Partition, Schema
from bridge.sdk.config import AdapterConfig
from bridge.sdk.context import AdapterContext

Success = Applied | Unchanged

ConfigT = TypeVar("ConfigT", bound=AdapterConfig)


class Adapter(ABC, Generic[ConfigT]):
    """The part that every adapter has. The constructor opens nothing; `open` connects.

    `replay` says, for each kind of operation offered, how a write in doubt is brought to one effect. A kind that is
    missing is PROBE where the adapter offers Gets, AT_MOST_ONCE where it does not.

    `joined_changes` is how many consecutive operations that add or remove values of one object may come as one update:
    hundreds of new members of a group in one call, of 1,000 values at most. It is to be all of them or none. 1: each
    comes by itself.
    """

    replay: ClassVar[Mapping[OperationKind, Replay]] = {}
    joined_changes: ClassVar[int] = 1

    def __init__(self, config: ConfigT, context: AdapterContext) -> None:
        self.config = config
        self.context = context

    def withheld(self) -> frozenset[Verb]:
        """Verbs of the class header that this instance does not offer, as its configuration leaves them no means.

        Told without opening anything. Intake refuses such an operation before it is accepted; an instance that is
        asked nevertheless raises UnsupportedError.
        """
        return frozenset()

    @abstractmethod
    def open(self) -> None:
        """Connect and authenticate. ConnectionFailedError, BadCredentialsError or ConfigurationError if not."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything. Called after any failure too; raises nothing."""

    @abstractmethod
    def check_alive(self) -> None:
        """Cheap: is the open connection still usable? ConnectionFailedError if not. Called after idling."""

    @abstractmethod
    def test(self) -> Sequence[str]:
        """Thorough: what was checked, one line each, for a person. Raises the error that explains what is wrong."""

    @abstractmethod
    def schema(self) -> Schema:
        """Object types and attributes, read from the target, within what the configuration puts in scope."""

    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        """Carry out a batch: one outcome for each operation id, none left out.

        The operations are of different objects and have different ids; their order is free. One bad operation never
        sinks the others.
        Override it where the target can pipeline or take many at once.
        """
        return {attempt.operation.id: self.attempt(attempt) for attempt in batch}

    def attempt(self, attempt: Attempt) -> Outcome:
        """Carry out one operation by its verb; errors become outcomes."""
        try:
            return self._verb(attempt.operation.kind)(attempt)
        except BridgeError as error:
            return outcome_of(error)

    def _verb(self, kind: OperationKind) -> Callable[[Attempt], Success]:
        verb: Callable[[Attempt], Success] | None = getattr(self, kind.value, None)
        if verb is None:
            raise UnsupportedError(f"the adapter does not offer {kind}")
        return verb


class Creates(ABC):
    @abstractmethod
    def create(self, attempt: Attempt) -> Success:
        """Make the object; Applied tells its anchor. AlreadyExistsError if the name is taken."""


class Updates(ABC):
    @abstractmethod
    def update(self, attempt: Attempt) -> Success:
        """Apply all deltas or none. UnknownObjectError, InvalidValueError with the attribute, NotReadyError for a
        reference that is not there yet. Adding a value that is there, or removing one that is not, is Unchanged or
        part of Applied, never an error."""


class Renames(ABC):
    @abstractmethod
    def rename(self, attempt: Attempt) -> Success:
        """Give the new name. AlreadyExistsError if it is taken by another object."""


class Deletes(ABC):
    @abstractmethod
    def delete(self, attempt: Attempt) -> Success:
        """Remove the object. Unchanged if it is not there."""


class SetsPasswords(ABC):
    @abstractmethod
    def set_password(self, attempt: Attempt) -> Success:
        """Set as an administrator. PasswordRejectedError gives the reason class, never the password."""


class ChangesPasswords(ABC):
    @abstractmethod
    def change_password(self, attempt: Attempt) -> Success:
        """Change as the owner. PasswordRejectedError if the old password is wrong or the new one refused."""


class Gets(ABC):
    @abstractmethod
    def get(self, ref: ObjectRef) -> TargetObject | None:
        """Read one object by anchor, or by name if no anchor is given; None only if the target says it is absent.

        An unreachable target raises; it never looks like an absent object.
        """


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one object type. `filter` None means all. `page_size` is a wish, in objects."""

    object_type: ObjectType
    filter: Filter | None = None
    page_size: int = 500


class Searches(ABC):
    @abstractmethod
    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        """Yield pages until all that match were given. A result that the target cut short raises, so an iteration
        that ends has seen everything. The iterator may be closed early."""


class TracksChanges(ABC):
    """A delta import: objects of every type that changed since a watermark.

    Both methods raise WatermarkExpiredError where the target cannot tell: it keeps its changes no longer, or the
    watermark is none of this target's. They never answer less than everything.
    """

    @abstractmethod
    def watermark(self) -> Watermark:
        """Where the target stands now. A full import that begins after this call, followed by `changes` since this
        watermark, misses nothing."""

    @abstractmethod
    def changes(self, since: Watermark, page_size: int) -> Iterator[ChangePage]:
        """Yield what changed, each object as it is now or as deleted; the last page has a watermark, also if nothing
        changed. An object may come twice; the later one holds. An object that left the scope is told as deleted, one
        that came and went may be left out. The iterator may be closed early. `page_size` is a wish, in objects."""


class HasPartitions(ABC):
    @abstractmethod
    def partitions(self) -> Sequence[Partition]:
        """The parts of the target that are in scope."""


class KeepsMarkers(ABC):
    @abstractmethod
    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        """Those of the caller's operations that took effect, told by the marker written in the same transaction."""


_VERBS: Mapping[type, Verb] = {
    Creates: Verb.CREATE,
    Updates: Verb.UPDATE,
    Renames: Verb.RENAME,
    Deletes: Verb.DELETE,
    SetsPasswords: Verb.SET_PASSWORD,
    ChangesPasswords: Verb.CHANGE_PASSWORD,
    Gets: Verb.GET,
    Searches: Verb.SEARCH,
    TracksChanges: Verb.CHANGES,
    HasPartitions: Verb.PARTITIONS,
}


def capabilities_of(adapter: type[Adapter[AdapterConfig]] | Adapter[AdapterConfig]) -> Capabilities:
    """Capabilities as the class header tells them; an instance may narrow verbs and `replay` by its configuration."""
    kind = adapter if isinstance(adapter, type) else type(adapter)
    withheld = frozenset() if isinstance(adapter, type) else adapter.withheld()
    verbs = frozenset(verb for interface, verb in _VERBS.items() if issubclass(kind, interface)) - withheld
    fallback = Replay.PROBE if Verb.GET in verbs else Replay.AT_MOST_ONCE
    offered = [each for each in OperationKind if Verb(each.value) in verbs]
    return Capabilities(verbs, {each: adapter.replay.get(each, fallback) for each in offered})
