"""An instance opens, tells what it is, and closes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from bridge.sdk import (
    AdapterSpec,
    AttributeType,
    Body,
    ChangePassword,
    ConnectionFailedError,
    Create,
    Delete,
    HasPartitions,
    ObjectRef,
    Rename,
    Schema,
    Secret,
    SetPassword,
    Update,
    capabilities_of,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Connector, Harness, rejected
from bridge.sdk.testing.contract.sample import SampleObjects


class Opening(Behaviour):
    spec: AdapterSpec

    @pytest.fixture
    def schema(self, harness: Harness) -> Schema:
        return harness.adapter.schema()

    def test_the_constructor_opens_nothing_and_close_may_come_first(self, connector: Connector) -> None:
        connector.adapter(self.spec).close()

    def test_an_instance_that_is_not_open_is_not_alive(self, connector: Connector) -> None:
        with pytest.raises(ConnectionFailedError):
            connector.adapter(self.spec).check_alive()

    def test_an_instance_opens_again_after_it_was_closed_twice(self, connector: Connector) -> None:
        adapter = connector.adapter(self.spec)
        adapter.open()
        adapter.close()
        adapter.close()
        adapter.open()
        adapter.check_alive()
        adapter.close()

    def test_an_open_instance_is_alive(self, harness: Harness) -> None:
        harness.adapter.check_alive()

    def test_the_thorough_test_says_what_it_checked(self, harness: Harness) -> None:
        lines = harness.adapter.test()
        assert lines
        assert all(line.strip() for line in lines)

    def test_each_kind_of_operation_has_its_way_out_of_doubt(self, harness: Harness) -> None:
        capabilities = capabilities_of(harness.adapter)
        assert {each.value for each in capabilities.replay} <= {each.value for each in capabilities.verbs}

    def test_what_the_instance_withholds_it_refuses(self, harness: Harness, sample: SampleObjects) -> None:
        target = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        secret = Secret("a password that nobody has")
        bodies: Sequence[Body] = (
            Create({}),
            Update(()),
            Rename(sample.object.name(harness.label())),
            Delete(),
            SetPassword(secret),
            ChangePassword(secret, secret),
        )
        attempts = [harness.attempt(target, body) for body in bodies]
        for attempt in attempts:
            if attempt.operation.kind.value in harness.adapter.withheld():
                outcome = harness.again(attempt)
                assert rejected(outcome, "unsupported"), outcome

    def test_the_schema_has_the_sample_objects(self, schema: Schema, sample: SampleObjects) -> None:
        attributes = schema.object_types[sample.object.object_type].attributes
        declared = {sample.text, *sample.values, *sample.illegal, *sample.object.attributes("label")}
        assert declared <= set(attributes)
        if sample.many is not None:
            assert attributes[sample.many].multi_valued

    def test_the_schema_is_keyed_by_its_own_names(self, schema: Schema) -> None:
        assert schema.object_types
        for object_type, described in schema.object_types.items():
            assert described.name == object_type
            assert {name: each.name for name, each in described.attributes.items()} == {
                name: name for name in described.attributes
            }

    def test_a_reference_says_what_it_refers_to(self, schema: Schema) -> None:
        attributes = [each for kind in schema.object_types.values() for each in kind.attributes.values()]
        for attribute in attributes:
            is_reference = attribute.type is AttributeType.REFERENCE
            assert bool(attribute.references) == is_reference, attribute.name
            assert set(attribute.references) <= set(schema.object_types), attribute.name

    def test_partitions_have_names(self, harness: Harness) -> None:
        if not isinstance(harness.adapter, HasPartitions):
            return
        names = [each.name for each in cast("HasPartitions", harness.adapter).partitions()]
        assert names
        assert len(names) == len(set(names))
