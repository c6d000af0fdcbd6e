import datetime

from bridge.api.v1 import values_pb2 as _values_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeltaKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELTA_KIND_UNSPECIFIED: _ClassVar[DeltaKind]
    DELTA_KIND_ADD: _ClassVar[DeltaKind]
    DELTA_KIND_REMOVE: _ClassVar[DeltaKind]
    DELTA_KIND_REPLACE: _ClassVar[DeltaKind]

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_ACCEPTED: _ClassVar[State]
    STATE_RUNNING: _ClassVar[State]
    STATE_WAITING: _ClassVar[State]
    STATE_UNCERTAIN: _ClassVar[State]
    STATE_CONFIRMING: _ClassVar[State]
    STATE_STAGED: _ClassVar[State]
    STATE_PARKED: _ClassVar[State]
    STATE_SUCCEEDED: _ClassVar[State]
    STATE_REJECTED: _ClassVar[State]
    STATE_CANCELLED: _ClassVar[State]

class ListOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIST_ORDER_UNSPECIFIED: _ClassVar[ListOrder]
    LIST_ORDER_OLDEST_FIRST: _ClassVar[ListOrder]
    LIST_ORDER_NEWEST_FIRST: _ClassVar[ListOrder]
DELTA_KIND_UNSPECIFIED: DeltaKind
DELTA_KIND_ADD: DeltaKind
DELTA_KIND_REMOVE: DeltaKind
DELTA_KIND_REPLACE: DeltaKind
STATE_UNSPECIFIED: State
STATE_ACCEPTED: State
STATE_RUNNING: State
STATE_WAITING: State
STATE_UNCERTAIN: State
STATE_CONFIRMING: State
STATE_STAGED: State
STATE_PARKED: State
STATE_SUCCEEDED: State
STATE_REJECTED: State
STATE_CANCELLED: State
LIST_ORDER_UNSPECIFIED: ListOrder
LIST_ORDER_OLDEST_FIRST: ListOrder
LIST_ORDER_NEWEST_FIRST: ListOrder

class Operation(_message.Message):
    __slots__ = ("id", "connector", "target", "create", "update", "rename", "delete", "set_password", "change_password")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    RENAME_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    SET_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CHANGE_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    id: str
    connector: str
    target: _values_pb2.ObjectRef
    create: Create
    update: Update
    rename: Rename
    delete: Delete
    set_password: SetPassword
    change_password: ChangePassword
    def __init__(self, id: _Optional[str] = ..., connector: _Optional[str] = ..., target: _Optional[_Union[_values_pb2.ObjectRef, _Mapping]] = ..., create: _Optional[_Union[Create, _Mapping]] = ..., update: _Optional[_Union[Update, _Mapping]] = ..., rename: _Optional[_Union[Rename, _Mapping]] = ..., delete: _Optional[_Union[Delete, _Mapping]] = ..., set_password: _Optional[_Union[SetPassword, _Mapping]] = ..., change_password: _Optional[_Union[ChangePassword, _Mapping]] = ...) -> None: ...

class Create(_message.Message):
    __slots__ = ("attributes",)
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    attributes: _containers.RepeatedCompositeFieldContainer[_values_pb2.Attribute]
    def __init__(self, attributes: _Optional[_Iterable[_Union[_values_pb2.Attribute, _Mapping]]] = ...) -> None: ...

class Update(_message.Message):
    __slots__ = ("deltas",)
    DELTAS_FIELD_NUMBER: _ClassVar[int]
    deltas: _containers.RepeatedCompositeFieldContainer[Delta]
    def __init__(self, deltas: _Optional[_Iterable[_Union[Delta, _Mapping]]] = ...) -> None: ...

class Delta(_message.Message):
    __slots__ = ("attribute", "kind", "values")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    kind: DeltaKind
    values: _containers.RepeatedCompositeFieldContainer[_values_pb2.Value]
    def __init__(self, attribute: _Optional[str] = ..., kind: _Optional[_Union[DeltaKind, str]] = ..., values: _Optional[_Iterable[_Union[_values_pb2.Value, _Mapping]]] = ...) -> None: ...

class Rename(_message.Message):
    __slots__ = ("new_name",)
    NEW_NAME_FIELD_NUMBER: _ClassVar[int]
    new_name: str
    def __init__(self, new_name: _Optional[str] = ...) -> None: ...

class Delete(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetPassword(_message.Message):
    __slots__ = ("password",)
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    password: str
    def __init__(self, password: _Optional[str] = ...) -> None: ...

class ChangePassword(_message.Message):
    __slots__ = ("old_password", "new_password")
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    old_password: str
    new_password: str
    def __init__(self, old_password: _Optional[str] = ..., new_password: _Optional[str] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("code", "message", "attributes")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    attributes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., attributes: _Optional[_Iterable[str]] = ...) -> None: ...

class OperationStatus(_message.Message):
    __slots__ = ("id", "caller", "connector", "kind", "target", "state", "attempts", "accepted_at", "settled_at", "settle_number", "unchanged", "failure", "not_before", "sequence", "assigned")
    ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    SETTLED_AT_FIELD_NUMBER: _ClassVar[int]
    SETTLE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_FIELD_NUMBER: _ClassVar[int]
    id: str
    caller: str
    connector: str
    kind: str
    target: _values_pb2.ObjectRef
    state: State
    attempts: int
    accepted_at: _timestamp_pb2.Timestamp
    settled_at: _timestamp_pb2.Timestamp
    settle_number: int
    unchanged: bool
    failure: Failure
    not_before: _timestamp_pb2.Timestamp
    sequence: int
    assigned: _containers.RepeatedCompositeFieldContainer[_values_pb2.Attribute]
    def __init__(self, id: _Optional[str] = ..., caller: _Optional[str] = ..., connector: _Optional[str] = ..., kind: _Optional[str] = ..., target: _Optional[_Union[_values_pb2.ObjectRef, _Mapping]] = ..., state: _Optional[_Union[State, str]] = ..., attempts: _Optional[int] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., settled_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., settle_number: _Optional[int] = ..., unchanged: _Optional[bool] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., not_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sequence: _Optional[int] = ..., assigned: _Optional[_Iterable[_Union[_values_pb2.Attribute, _Mapping]]] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("operation", "wait")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    operation: Operation
    wait: bool
    def __init__(self, operation: _Optional[_Union[Operation, _Mapping]] = ..., wait: _Optional[bool] = ...) -> None: ...

class StreamRequest(_message.Message):
    __slots__ = ("operations",)
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[Operation]
    def __init__(self, operations: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ...) -> None: ...

class StreamResponse(_message.Message):
    __slots__ = ("credits", "accepted", "results", "refusals")
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    credits: int
    accepted: _containers.RepeatedScalarFieldContainer[str]
    results: _containers.RepeatedCompositeFieldContainer[OperationStatus]
    refusals: _containers.RepeatedCompositeFieldContainer[Refusal]
    def __init__(self, credits: _Optional[int] = ..., accepted: _Optional[_Iterable[str]] = ..., results: _Optional[_Iterable[_Union[OperationStatus, _Mapping]]] = ..., refusals: _Optional[_Iterable[_Union[Refusal, _Mapping]]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("id", "status", "message", "retry_after")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: str
    message: str
    retry_after: float
    def __init__(self, id: _Optional[str] = ..., status: _Optional[str] = ..., message: _Optional[str] = ..., retry_after: _Optional[float] = ...) -> None: ...

class GetOperationRequest(_message.Message):
    __slots__ = ("id", "wait")
    ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    id: str
    wait: bool
    def __init__(self, id: _Optional[str] = ..., wait: _Optional[bool] = ...) -> None: ...

class ListOperationsRequest(_message.Message):
    __slots__ = ("connector", "states", "page_size", "page_token", "order")
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    connector: str
    states: _containers.RepeatedScalarFieldContainer[State]
    page_size: int
    page_token: str
    order: ListOrder
    def __init__(self, connector: _Optional[str] = ..., states: _Optional[_Iterable[_Union[State, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., order: _Optional[_Union[ListOrder, str]] = ...) -> None: ...

class ListOperationsResponse(_message.Message):
    __slots__ = ("operations", "next_page_token")
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[OperationStatus]
    next_page_token: str
    def __init__(self, operations: _Optional[_Iterable[_Union[OperationStatus, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("after", "connector", "until_now")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    UNTIL_NOW_FIELD_NUMBER: _ClassVar[int]
    after: int
    connector: str
    until_now: bool
    def __init__(self, after: _Optional[int] = ..., connector: _Optional[str] = ..., until_now: _Optional[bool] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("settlements",)
    SETTLEMENTS_FIELD_NUMBER: _ClassVar[int]
    settlements: _containers.RepeatedCompositeFieldContainer[OperationStatus]
    def __init__(self, settlements: _Optional[_Iterable[_Union[OperationStatus, _Mapping]]] = ...) -> None: ...

class OperationStepRequest(_message.Message):
    __slots__ = ("id", "caller")
    ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    id: str
    caller: str
    def __init__(self, id: _Optional[str] = ..., caller: _Optional[str] = ...) -> None: ...
