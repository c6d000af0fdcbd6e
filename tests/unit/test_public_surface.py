"""The surface of the two packages that others build on. A change here changes the promise of the SDK."""

from __future__ import annotations

import subprocess
import sys

import bridge.client
import bridge.model
import bridge.sdk

MODEL = """
    ENABLED AlreadyExistsError AmbiguousObjectError Anchor Applied Attempt AttributeDelta
    AttributeSchema AttributeType Attributes Backlog BacklogFullError BadCredentialsError Body
    BridgeError Caller CallerName Capabilities Change ChangePage ChangePassword ConfigurationError
    ConnectionBrokenError ConnectionFailedError ConnectorDescription ConnectorName ConnectorStatus
    Create Deferred Delete DeletedObject DeltaKind Disposition Failure Health IllegalTransitionError
    InvalidValueError Lane Mutability Name NotReadyError ObjectRef ObjectType ObjectTypeSchema
    Operation OperationFilter OperationId OperationKind OperationReusedError OperationStatus
    OperationTimeoutError Outcome PartiallyCreatedError Partition PasswordRejectedError
    PermissionDeniedError PreconditionError Rejected Rename Replay Result Schema Scope Secret
    SetPassword SettleNumber State StepRefusedError TargetObject TestReport ThrottledError
    UnavailableError Uncertain Unchanged UnexpectedError UnknownConnectorError UnknownObjectError
    UnknownOperationError UnsupportedError Update Value Values Verb Watermark WatermarkExpiredError
    new_operation_id outcome_of
"""
SDK = """
    Adapter AdapterConfig AdapterContext AdapterSpec ChangesPasswords Creates Deletes ErrorMap Gets
    HasPartitions KeepsMarkers Query Renames Searches SecretReference SetsPasswords Success
    TracksChanges Translate Updates capabilities_of filters translate translating
"""
CLIENT = """
    Change ChangePage Watermark WatermarkExpiredError
    Accepted AlreadyExistsError Anchor AttributeDelta Attributes BacklogFullError Body BridgeClient
    BridgeError CallerName ChangePassword ConfigurationError ConnectorDescription ConnectorName
    ConnectorStatus Create Delete DeltaKind ENABLED Failure Health InvalidValueError ListOrder Name ObjectRef
    ObjectType Operation OperationId OperationKind OperationReusedError OperationStatus
    OperationTimeoutError Paused PermissionDeniedError Refused Rename Secret SetPassword
    SettleNumber Settled State StepRefusedError StreamEvent TargetObject TestReport TlsFiles
    UnavailableError UnknownConnectorError UnknownObjectError UnknownOperationError
    UnsupportedError Update Value Values filters new_operation new_operation_id
"""


def test_the_client_is_all_that_a_caller_needs() -> None:
    assert sorted(bridge.client.__all__) == sorted(CLIENT.split())
    assert all(hasattr(bridge.client, each) for each in bridge.client.__all__)


def test_the_vocabulary_is_pinned() -> None:
    assert sorted(bridge.model.__all__) == sorted(MODEL.split())
    assert all(hasattr(bridge.model, each) for each in bridge.model.__all__)


def test_the_sdk_is_the_vocabulary_and_the_spi() -> None:
    assert sorted(bridge.sdk.__all__) == sorted([*MODEL.split(), *SDK.split()])
    assert all(hasattr(bridge.sdk, each) for each in bridge.sdk.__all__)


def test_each_name_is_there_once() -> None:
    assert len(bridge.sdk.__all__) == len(set(bridge.sdk.__all__))


def test_the_reference_adapters_run_without_pytest() -> None:
    program = """
import sys
from bridge.sdk.testing import hostile, memory
assert memory.ADAPTER.load_adapter() and hostile.ADAPTER.load_adapter()
assert "pytest" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
