"""Setting a password as an administrator and changing it as its owner. No outcome ever has one in it."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.sdk import Applied, ChangePassword, ObjectRef, Outcome, Secret, SetPassword, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, rejected
from bridge.sdk.testing.contract.sample import SampleObjects


def _tells_no_secret(outcome: Outcome, *passwords: Secret) -> Outcome:
    assert not any(each.reveal() in repr(outcome) for each in passwords), "a password stands in the outcome"
    return outcome


class _Passwords(Behaviour):
    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.password is not None

    @pytest.fixture
    def ref(self, harness: Harness, sample: SampleObjects) -> ObjectRef:
        return harness.create(sample.object, harness.label())

    @pytest.fixture
    def password(self, sample: SampleObjects) -> Secret:
        assert sample.password is not None
        return sample.password

    def set_password(self, harness: Harness, ref: ObjectRef, password: Secret) -> Outcome:
        return _tells_no_secret(harness.send(ref, SetPassword(password)), password)


class SettingPasswords(_Passwords):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.SET_PASSWORD})

    def test_it_is_taken(self, harness: Harness, ref: ObjectRef, password: Secret) -> None:
        assert isinstance(self.set_password(harness, ref, password), Applied)

    def test_an_unknown_object_is_rejected(self, harness: Harness, sample: SampleObjects, password: Secret) -> None:
        unknown = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        outcome = self.set_password(harness, unknown, password)
        assert rejected(outcome, "unknown_object"), outcome


class RefusingPasswords(_Passwords):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.SET_PASSWORD})

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.bad_password is not None

    def test_the_policy_refuses_a_bad_one(self, harness: Harness, sample: SampleObjects, ref: ObjectRef) -> None:
        assert sample.bad_password is not None
        outcome = self.set_password(harness, ref, sample.bad_password)
        assert rejected(outcome, "password_rejected"), outcome


class ChangingPasswords(_Passwords):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.SET_PASSWORD, Verb.CHANGE_PASSWORD})

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.password is not None and sample.other_password is not None

    @pytest.fixture
    def other(self, sample: SampleObjects) -> Secret:
        assert sample.other_password is not None
        return sample.other_password

    def change(self, harness: Harness, ref: ObjectRef, old: Secret, new: Secret) -> Outcome:
        return _tells_no_secret(harness.send(ref, ChangePassword(old, new)), old, new)

    def test_its_owner_changes_it(self, harness: Harness, ref: ObjectRef, password: Secret, other: Secret) -> None:
        assert isinstance(self.set_password(harness, ref, password), Applied)
        assert isinstance(self.change(harness, ref, password, other), Applied)
        assert rejected(self.change(harness, ref, password, other), "password_rejected"), "the old one is wrong now"

    def test_a_wrong_old_one_is_rejected(
        self, harness: Harness, ref: ObjectRef, password: Secret, other: Secret
    ) -> None:
        assert isinstance(self.set_password(harness, ref, password), Applied)
        outcome = self.change(harness, ref, other, password)
        assert rejected(outcome, "password_rejected"), outcome
