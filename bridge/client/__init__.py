"""The Python client for callers: typed, synchronous, over gRPC. The CLI and the demo use nothing else."""

from bridge.client.channel import TlsFiles
from bridge.client.client import BridgeClient
from bridge.client.stream import Accepted, Refused, Settled, StreamEvent

__all__ = ["Accepted", "BridgeClient", "Refused", "Settled", "StreamEvent", "TlsFiles"]
