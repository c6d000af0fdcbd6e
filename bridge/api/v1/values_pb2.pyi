import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Comparison(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPARISON_UNSPECIFIED: _ClassVar[Comparison]
    COMPARISON_EQUAL: _ClassVar[Comparison]
    COMPARISON_STARTS_WITH: _ClassVar[Comparison]
    COMPARISON_ENDS_WITH: _ClassVar[Comparison]
    COMPARISON_CONTAINS: _ClassVar[Comparison]
    COMPARISON_GREATER_OR_EQUAL: _ClassVar[Comparison]
    COMPARISON_LESS_OR_EQUAL: _ClassVar[Comparison]
COMPARISON_UNSPECIFIED: Comparison
COMPARISON_EQUAL: Comparison
COMPARISON_STARTS_WITH: Comparison
COMPARISON_ENDS_WITH: Comparison
COMPARISON_CONTAINS: Comparison
COMPARISON_GREATER_OR_EQUAL: Comparison
COMPARISON_LESS_OR_EQUAL: Comparison

class ObjectRef(_message.Message):
    __slots__ = ("object_type", "anchor", "name")
    OBJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    object_type: str
    anchor: str
    name: str
    def __init__(self, object_type: _Optional[str] = ..., anchor: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("string", "integer", "boolean", "binary", "timestamp", "reference")
    STRING_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    string: str
    integer: int
    boolean: bool
    binary: bytes
    timestamp: _timestamp_pb2.Timestamp
    reference: ObjectRef
    def __init__(self, string: _Optional[str] = ..., integer: _Optional[int] = ..., boolean: _Optional[bool] = ..., binary: _Optional[bytes] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reference: _Optional[_Union[ObjectRef, _Mapping]] = ...) -> None: ...

class Attribute(_message.Message):
    __slots__ = ("name", "values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, name: _Optional[str] = ..., values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Object(_message.Message):
    __slots__ = ("ref", "attributes", "version")
    REF_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ref: ObjectRef
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    version: str
    def __init__(self, ref: _Optional[_Union[ObjectRef, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., version: _Optional[str] = ...) -> None: ...

class Filter(_message.Message):
    __slots__ = ("compare", "present", "all_of", "any_of", "none_of")
    class Terms(_message.Message):
        __slots__ = ("terms",)
        TERMS_FIELD_NUMBER: _ClassVar[int]
        terms: _containers.RepeatedCompositeFieldContainer[Filter]
        def __init__(self, terms: _Optional[_Iterable[_Union[Filter, _Mapping]]] = ...) -> None: ...
    class Present(_message.Message):
        __slots__ = ("attribute",)
        ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
        attribute: str
        def __init__(self, attribute: _Optional[str] = ...) -> None: ...
    class Compare(_message.Message):
        __slots__ = ("attribute", "comparison", "value")
        ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
        COMPARISON_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        attribute: str
        comparison: Comparison
        value: Value
        def __init__(self, attribute: _Optional[str] = ..., comparison: _Optional[_Union[Comparison, str]] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    COMPARE_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    ALL_OF_FIELD_NUMBER: _ClassVar[int]
    ANY_OF_FIELD_NUMBER: _ClassVar[int]
    NONE_OF_FIELD_NUMBER: _ClassVar[int]
    compare: Filter.Compare
    present: Filter.Present
    all_of: Filter.Terms
    any_of: Filter.Terms
    none_of: Filter
    def __init__(self, compare: _Optional[_Union[Filter.Compare, _Mapping]] = ..., present: _Optional[_Union[Filter.Present, _Mapping]] = ..., all_of: _Optional[_Union[Filter.Terms, _Mapping]] = ..., any_of: _Optional[_Union[Filter.Terms, _Mapping]] = ..., none_of: _Optional[_Union[Filter, _Mapping]] = ...) -> None: ...
