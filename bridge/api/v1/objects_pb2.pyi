from bridge.api.v1 import values_pb2 as _values_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadRequest(_message.Message):
    __slots__ = ("connector", "ref")
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    connector: str
    ref: _values_pb2.ObjectRef
    def __init__(self, connector: _Optional[str] = ..., ref: _Optional[_Union[_values_pb2.ObjectRef, _Mapping]] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("connector", "object_type", "filter", "page_size")
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    OBJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    connector: str
    object_type: str
    filter: _values_pb2.Filter
    page_size: int
    def __init__(self, connector: _Optional[str] = ..., object_type: _Optional[str] = ..., filter: _Optional[_Union[_values_pb2.Filter, _Mapping]] = ..., page_size: _Optional[int] = ...) -> None: ...

class ImportRequest(_message.Message):
    __slots__ = ("connector", "object_types", "page_size")
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    OBJECT_TYPES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    connector: str
    object_types: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    def __init__(self, connector: _Optional[str] = ..., object_types: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ...) -> None: ...

class ChangesRequest(_message.Message):
    __slots__ = ("connector", "since", "page_size")
    CONNECTOR_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    connector: str
    since: str
    page_size: int
    def __init__(self, connector: _Optional[str] = ..., since: _Optional[str] = ..., page_size: _Optional[int] = ...) -> None: ...

class ChangePage(_message.Message):
    __slots__ = ("changes", "watermark")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    watermark: str
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., watermark: _Optional[str] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("object", "deleted")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    object: _values_pb2.Object
    deleted: DeletedObject
    def __init__(self, object: _Optional[_Union[_values_pb2.Object, _Mapping]] = ..., deleted: _Optional[_Union[DeletedObject, _Mapping]] = ...) -> None: ...

class DeletedObject(_message.Message):
    __slots__ = ("object_type", "anchor")
    OBJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    object_type: str
    anchor: str
    def __init__(self, object_type: _Optional[str] = ..., anchor: _Optional[str] = ...) -> None: ...

class ObjectPage(_message.Message):
    __slots__ = ("objects",)
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[_values_pb2.Object]
    def __init__(self, objects: _Optional[_Iterable[_Union[_values_pb2.Object, _Mapping]]] = ...) -> None: ...
