"""What a delta import tells, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bridge.api.v1 import objects_pb2 as pb
from bridge.model.identity import Anchor, ObjectType, Watermark
from bridge.model.objects import Change, ChangePage, DeletedObject, TargetObject
from bridge.wire.fields import MAX_ANCHOR, MAX_OBJECT_TYPE, MAX_WATERMARK, FieldError, check_text
from bridge.wire.values import decode_object, encode_object

MAX_PAGE_BYTES: Final = 2 * 1024 * 1024
"""A page goes out in messages of about this size: gRPC clients receive 4 MiB unless told otherwise."""


def decode_since(text: str) -> Watermark | None:
    """The field `since`; empty means from the beginning."""
    if text:
        check_text(text, "since", MAX_WATERMARK)
    return Watermark(text) if text else None


def encode_changes(page: ChangePage) -> Iterator[pb.ChangePage]:
    """The page in messages of a bearable size; the watermark goes with the last."""
    message = pb.ChangePage()
    size = 0
    for change in _encoded(page.changes):
        size += change.ByteSize()
        if size > MAX_PAGE_BYTES and message.changes:
            yield message
            message, size = pb.ChangePage(), change.ByteSize()
        message.changes.append(change)
    message.watermark = page.watermark or ""
    yield message


def _encoded(changes: Iterable[Change]) -> Iterator[pb.Change]:
    for change in changes:
        match change:
            case TargetObject():
                yield pb.Change(object=encode_object(change))
            case DeletedObject(object_type, anchor):
                yield pb.Change(deleted=pb.DeletedObject(object_type=object_type, anchor=anchor))


def decode_changes(message: pb.ChangePage) -> ChangePage:
    return ChangePage([_decoded(each) for each in message.changes], Watermark(message.watermark) or None)


def _decoded(change: pb.Change) -> Change:
    match change.WhichOneof("change"):
        case "object":
            return decode_object(change.object)
        case "deleted":
            deleted = change.deleted
            check_text(deleted.object_type, "deleted.object_type", MAX_OBJECT_TYPE)
            check_text(deleted.anchor, "deleted.anchor", MAX_ANCHOR)
            return DeletedObject(ObjectType(deleted.object_type), Anchor(deleted.anchor))
        case _:
            raise FieldError("changes", "has a kind of change that this client does not know")
