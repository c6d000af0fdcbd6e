"""Delta import: everything that changed since a watermark, and nothing lost when the watermark is of no use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, cast

import pytest

from bridge.sdk import (
    Adapter,
    AdapterConfig,
    AdapterSpec,
    Anchor,
    Delete,
    DeletedObject,
    DeltaKind,
    ObjectRef,
    ObjectType,
    Rename,
    TargetObject,
    TracksChanges,
    Verb,
    Watermark,
    WatermarkExpiredError,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Connector, Harness
from bridge.sdk.testing.contract.sample import SampleObjects

_PAGE: Final = 3

# A target that does not know the type of what was deleted tells it for each that it may have been of.
_Key = tuple[ObjectType, Anchor]


class Changes(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.UPDATE, Verb.CHANGES})
    spec: AdapterSpec

    def test_created_and_changed_objects_are_told_as_they_are_now(
        self, harness: Harness, sample: SampleObjects
    ) -> None:
        old = harness.create(sample.object, harness.label())
        since = _tracking(harness).watermark()
        new = [harness.create(sample.object, harness.label()) for _ in range(2 * _PAGE)]
        harness.change(old, sample.text, DeltaKind.REPLACE, "first")
        harness.change(old, sample.text, DeltaKind.REPLACE, "second")
        told, _ = _changes(harness, since)
        for ref in (old, *new):
            assert told[_key(ref)] == harness.read(ref)

    def test_each_import_goes_on_where_the_last_one_ended(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label())
        _, watermark = _changes(harness, _tracking(harness).watermark())
        for text in ("first", "second"):
            harness.change(ref, sample.text, DeltaKind.REPLACE, text)
            told, watermark = _changes(harness, watermark)
            assert told[_key(ref)] == harness.read(ref)

    def test_asking_twice_gives_the_same(self, harness: Harness, sample: SampleObjects) -> None:
        since = _tracking(harness).watermark()
        ref = harness.create(sample.object, harness.label())
        assert _changes(harness, since)[0][_key(ref)] == _changes(harness, since)[0][_key(ref)]

    def test_a_watermark_outlives_the_session(
        self, harness: Harness, sample: SampleObjects, connector: Connector
    ) -> None:
        since = _tracking(harness).watermark()
        ref = harness.create(sample.object, harness.label())
        another = connector.adapter(self.spec)
        try:
            another.open()
            assert _key(ref) in _changes_of(another, since)[0]
        finally:
            another.close()

    @pytest.mark.parametrize("worthless", ["", "rubbish", "0", "{}", "é🦊", "x" * 10_000])
    def test_a_worthless_watermark_asks_for_a_full_import(self, harness: Harness, worthless: str) -> None:
        with pytest.raises(WatermarkExpiredError):
            _changes(harness, Watermark(worthless))

    def test_an_iteration_may_be_closed_early(self, harness: Harness, sample: SampleObjects) -> None:
        since = _tracking(harness).watermark()
        made = [harness.create(sample.object, harness.label()) for _ in range(2 * _PAGE)]
        pages = _tracking(harness).changes(since, _PAGE)
        next(pages)
        getattr(pages, "close", lambda: None)()
        told, _ = _changes(harness, since)
        assert {_key(each) for each in made} <= set(told)


class ChangesOfNames(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.RENAME, Verb.CHANGES})

    def test_a_renamed_object_keeps_its_anchor(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label())
        since = _tracking(harness).watermark()
        harness.send(ref, Rename(sample.object.name(harness.label("new"))))
        told = _changes(harness, since)[0][_key(ref)]
        assert told == harness.read(ObjectRef(ref.object_type, anchor=ref.anchor))


class ChangesByDeletion(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.DELETE, Verb.CHANGES})

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return not sample.deletes_unseen

    def test_a_deleted_object_is_told_as_deleted(self, harness: Harness, sample: SampleObjects) -> None:
        gone, stays = (harness.create(sample.object, harness.label()) for _ in range(2))
        since = _tracking(harness).watermark()
        harness.send(gone, Delete())
        told, _ = _changes(harness, since)
        assert told[_key(gone)] == DeletedObject(gone.object_type, _anchor(gone))
        assert not isinstance(told.get(_key(stays)), DeletedObject)

    def test_an_object_that_came_and_went_is_not_told_as_present(self, harness: Harness, sample: SampleObjects) -> None:
        since = _tracking(harness).watermark()
        ref = harness.create(sample.object, harness.label())
        harness.send(ref, Delete())
        told, _ = _changes(harness, since)
        assert not isinstance(told.get(_key(ref)), TargetObject)


def _anchor(ref: ObjectRef) -> Anchor:
    assert ref.anchor is not None
    return ref.anchor


def _key(ref: ObjectRef) -> _Key:
    return ref.object_type, _anchor(ref)


def _tracking(harness: Harness) -> TracksChanges:
    return cast("TracksChanges", harness.adapter)


def _changes(harness: Harness, since: Watermark) -> tuple[Mapping[_Key, TargetObject | DeletedObject], Watermark]:
    return _changes_of(harness.adapter, since)


def _changes_of(
    adapter: Adapter[AdapterConfig], since: Watermark
) -> tuple[Mapping[_Key, TargetObject | DeletedObject], Watermark]:
    """What is told, the last of each object, and the watermark of the last page."""
    pages = list(cast("TracksChanges", adapter).changes(since, _PAGE))
    assert pages, "one page at least"
    watermark = pages[-1].watermark
    assert watermark is not None, "the last page has a watermark"
    return {(each.object_type, each.anchor): each for page in pages for each in page.changes}, watermark
