"""The LDAP adapter: each verb hands its plan to `conversation`, a batch hands all of its plans at once.

The host calls it; plans say what to send, `client` sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final, TypeVar

from typing_extensions import override

from adapters.ldap import conversation
from adapters.ldap.changes import tracking
from adapters.ldap.checkup import check
from adapters.ldap.client import Client
from adapters.ldap.config import LdapConfig, Protection
from adapters.ldap.conversation import Exchange
from adapters.ldap.directory import Directory
from adapters.ldap.importing import pages
from adapters.ldap.lookup import Known, KnownNames, Plan
from adapters.ldap.partitions import read_partitions
from adapters.ldap.plans.create import create
from adapters.ldap.plans.delete import delete
from adapters.ldap.plans.following import follow_together
from adapters.ldap.plans.get import get
from adapters.ldap.plans.password import change_password, set_password
from adapters.ldap.plans.rename import Moved, follow, followed, move, rename
from adapters.ldap.plans.update import update
from adapters.ldap.published import published
from adapters.ldap.schema import build
from adapters.ldap.subschema import read_description
from bridge.sdk import (
    Adapter,
    AdapterContext,
    Attempt,
    BridgeError,
    ChangePage,
    ChangesPasswords,
    ConnectionFailedError,
    Creates,
    Deletes,
    Gets,
    HasPartitions,
    ObjectRef,
    OperationId,
    OperationKind,
    Outcome,
    Partition,
    Query,
    Renames,
    Replay,
    Schema,
    Searches,
    SetsPasswords,
    Success,
    TargetObject,
    TracksChanges,
    Updates,
    Verb,
    Watermark,
    outcome_of,
)

T = TypeVar("T")

_PLANS: Final[Mapping[OperationKind, Callable[[Known, Attempt], Plan[Success]]]] = {
    OperationKind.CREATE: create,
    OperationKind.UPDATE: update,
    OperationKind.RENAME: rename,
    OperationKind.DELETE: delete,
    OperationKind.SET_PASSWORD: set_password,
    OperationKind.CHANGE_PASSWORD: change_password,
}


def _step(attempt: Attempt) -> Callable[[Known, Attempt], Plan[Success | Moved]]:
    """The plan of an operation in a batch: what follows its renames is done for all of them together."""
    return move if attempt.operation.kind is OperationKind.RENAME else _PLANS[attempt.operation.kind]


class LdapAdapter(
    Adapter[LdapConfig],
    Creates,
    Updates,
    Renames,
    Deletes,
    SetsPasswords,
    ChangesPasswords,
    Gets,
    Searches,
    TracksChanges,
    HasPartitions,
):
    """One connection to one directory."""

    replay: ClassVar[Mapping[OperationKind, Replay]] = {
        OperationKind.CREATE: Replay.CONDITIONAL,
        OperationKind.UPDATE: Replay.CONDITIONAL,
        # The name alone does not tell whether the groups hold it.
        OperationKind.RENAME: Replay.REPEAT,
        OperationKind.DELETE: Replay.CONDITIONAL,
        # The administrator's second setting of the same password changes nothing more.
        OperationKind.SET_PASSWORD: Replay.PROBE,
        # The second time the old password is no longer the old one, and no read tells which it is.
        OperationKind.CHANGE_PASSWORD: Replay.AT_MOST_ONCE,
    }

    joined_changes: ClassVar[int] = 1000

    def __init__(self, config: LdapConfig, context: AdapterContext) -> None:
        super().__init__(config, context)
        self._client = Client(config, context)
        self._names = KnownNames()
        self._directory: Directory | None = None

    @override
    def withheld(self) -> frozenset[Verb]:
        """Passwords, where no connection can be one that nobody reads on the way."""
        in_clear = self.config.protection is Protection.NONE and all(u.startswith("ldap://") for u in self.config.urls)
        return frozenset({Verb.SET_PASSWORD, Verb.CHANGE_PASSWORD}) if in_clear else frozenset()

    @override
    def open(self) -> None:
        self._client.connect()
        self._directory = self._read_directory()

    @override
    def close(self) -> None:
        self._client.close()

    @override
    def check_alive(self) -> None:
        self._client.check_alive()

    @override
    def test(self) -> Sequence[str]:
        channel = "protected" if self._client.protected else "in clear: passwords are refused"
        checked = self._run(check(self._known))
        return [f"connected and bound to {self._client.url}, {channel}", *checked]

    @override
    def schema(self) -> Schema:
        self._directory = self._read_directory()
        return published(self._directory)

    @override
    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        plans = {each.operation.id: _step(each)(self._known, each) for each in batch}
        ended = conversation.run(plans, self._client.exchange)
        concluded = self._follow({key: end for key, end in ended.items() if isinstance(end, Moved)})
        outcomes = {key: concluded[key] if isinstance(end, Moved) else end for key, end in ended.items()}
        return {key: outcome_of(end) if isinstance(end, BridgeError) else end for key, end in outcomes.items()}

    def _follow(self, moved: Mapping[OperationId, Moved]) -> Mapping[OperationId, Success | BridgeError]:
        """What the renames came to, once groups hold the new names."""
        if not moved:
            return {}
        known = self._known
        stale = {key: each for key, each in moved.items() if each.old is not None}
        try:
            left = self._run(follow_together(known, list(stale.values())))
        except BridgeError:
            # Tried again one by one: each rename gets the error that is its own.
            left = set(stale.values())
        singly = {key: follow(known, each) for key, each in stale.items() if each in left}
        ended = conversation.run(singly, self._client.exchange)
        return {key: ended[key] if key in ended else followed(known, each) for key, each in moved.items()}

    @override
    def create(self, attempt: Attempt) -> Success:
        return self._run(create(self._known, attempt))

    @override
    def update(self, attempt: Attempt) -> Success:
        return self._run(update(self._known, attempt))

    @override
    def rename(self, attempt: Attempt) -> Success:
        return self._run(rename(self._known, attempt))

    @override
    def delete(self, attempt: Attempt) -> Success:
        return self._run(delete(self._known, attempt))

    @override
    def set_password(self, attempt: Attempt) -> Success:
        return self._run(set_password(self._known, attempt))

    @override
    def change_password(self, attempt: Attempt) -> Success:
        return self._run(change_password(self._known, attempt))

    @override
    def get(self, ref: ObjectRef) -> TargetObject | None:
        return self._run(get(self._known, ref))

    @override
    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        page = partial(_run, self._client.staying())
        return pages(query, self._known, self.config.page_size, self._run, page)

    @override
    def watermark(self) -> Watermark:
        return tracking.watermark(self._known, self.config, partial(_run, self._client.staying()))

    @override
    def changes(self, since: Watermark, page_size: int) -> Iterator[ChangePage]:
        # All of it on one server: it is this server's changes that are told.
        run = partial(_run, self._client.staying())
        return tracking.changes(self._known, self.config, run, since, page_size)

    @override
    def partitions(self) -> Sequence[Partition]:
        return self._run(read_partitions(self.config))

    @property
    def _known(self) -> Known:
        if self._directory is None:
            raise ConnectionFailedError("the connector is not open")
        return Known(self._directory, self._names)

    def _read_directory(self) -> Directory:
        directory = build(self._run(read_description()), self.config)
        self._client.max_request_bytes = directory.max_request_bytes
        return directory

    def _run(self, plan: Plan[T]) -> T:
        return _run(self._client.exchange, plan)


def _run(exchange: Exchange, plan: Plan[T]) -> T:
    end = conversation.run({"": plan}, exchange)[""]
    if isinstance(end, BridgeError):
        raise end
    return end
