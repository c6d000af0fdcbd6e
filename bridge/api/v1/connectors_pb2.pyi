import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Health(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_UNSPECIFIED: _ClassVar[Health]
    HEALTH_OK: _ClassVar[Health]
    HEALTH_OPEN: _ClassVar[Health]
    HEALTH_HELD: _ClassVar[Health]
    HEALTH_UNOPENED: _ClassVar[Health]
HEALTH_UNSPECIFIED: Health
HEALTH_OK: Health
HEALTH_OPEN: Health
HEALTH_HELD: Health
HEALTH_UNOPENED: Health

class Connector(_message.Message):
    __slots__ = ("name", "adapter", "health", "reason", "since", "backlog")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_FIELD_NUMBER: _ClassVar[int]
    name: str
    adapter: str
    health: Health
    reason: str
    since: _timestamp_pb2.Timestamp
    backlog: Backlog
    def __init__(self, name: _Optional[str] = ..., adapter: _Optional[str] = ..., health: _Optional[_Union[Health, str]] = ..., reason: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., backlog: _Optional[_Union[Backlog, _Mapping]] = ...) -> None: ...

class Backlog(_message.Message):
    __slots__ = ("accepted", "running", "waiting", "not_ready", "uncertain", "staged", "parked")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    NOT_READY_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_FIELD_NUMBER: _ClassVar[int]
    STAGED_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    running: int
    waiting: int
    not_ready: int
    uncertain: int
    staged: int
    parked: int
    def __init__(self, accepted: _Optional[int] = ..., running: _Optional[int] = ..., waiting: _Optional[int] = ..., not_ready: _Optional[int] = ..., uncertain: _Optional[int] = ..., staged: _Optional[int] = ..., parked: _Optional[int] = ...) -> None: ...

class ListConnectorsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListConnectorsResponse(_message.Message):
    __slots__ = ("connectors",)
    CONNECTORS_FIELD_NUMBER: _ClassVar[int]
    connectors: _containers.RepeatedCompositeFieldContainer[Connector]
    def __init__(self, connectors: _Optional[_Iterable[_Union[Connector, _Mapping]]] = ...) -> None: ...

class DescribeConnectorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ConnectorDescription(_message.Message):
    __slots__ = ("connector", "verbs", "replay", "object_types", "partitions")
    class ReplayEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    VERBS_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    OBJECT_TYPES_FIELD_NUMBER: _ClassVar[int]
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    connector: Connector
    verbs: _containers.RepeatedScalarFieldContainer[str]
    replay: _containers.ScalarMap[str, str]
    object_types: _containers.RepeatedCompositeFieldContainer[ObjectTypeSchema]
    partitions: _containers.RepeatedCompositeFieldContainer[Partition]
    def __init__(self, connector: _Optional[_Union[Connector, _Mapping]] = ..., verbs: _Optional[_Iterable[str]] = ..., replay: _Optional[_Mapping[str, str]] = ..., object_types: _Optional[_Iterable[_Union[ObjectTypeSchema, _Mapping]]] = ..., partitions: _Optional[_Iterable[_Union[Partition, _Mapping]]] = ...) -> None: ...

class ObjectTypeSchema(_message.Message):
    __slots__ = ("name", "naming", "attributes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAMING_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    naming: str
    attributes: _containers.RepeatedCompositeFieldContainer[AttributeSchema]
    def __init__(self, name: _Optional[str] = ..., naming: _Optional[str] = ..., attributes: _Optional[_Iterable[_Union[AttributeSchema, _Mapping]]] = ...) -> None: ...

class AttributeSchema(_message.Message):
    __slots__ = ("name", "type", "multi_valued", "required", "mutability", "max_length", "case_exact", "sensitive", "references", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MULTI_VALUED_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MUTABILITY_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CASE_EXACT_FIELD_NUMBER: _ClassVar[int]
    SENSITIVE_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    multi_valued: bool
    required: bool
    mutability: str
    max_length: int
    case_exact: bool
    sensitive: bool
    references: _containers.RepeatedScalarFieldContainer[str]
    description: str
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., multi_valued: _Optional[bool] = ..., required: _Optional[bool] = ..., mutability: _Optional[str] = ..., max_length: _Optional[int] = ..., case_exact: _Optional[bool] = ..., sensitive: _Optional[bool] = ..., references: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ...) -> None: ...

class Partition(_message.Message):
    __slots__ = ("name", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class TestConnectorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class TestConnectorResponse(_message.Message):
    __slots__ = ("ok", "checks")
    OK_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    checks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ok: _Optional[bool] = ..., checks: _Optional[_Iterable[str]] = ...) -> None: ...
