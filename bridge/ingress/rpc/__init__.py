"""The gRPC way in: protobuf words die here. Started by the service, calls the engine's interface."""

from bridge.ingress.rpc.access import CallerDirectory, Gate
from bridge.ingress.rpc.server import RpcServer
from bridge.ingress.rpc.socket import SocketListener
from bridge.ingress.rpc.tls import TlsListener

__all__ = ["CallerDirectory", "Gate", "RpcServer", "SocketListener", "TlsListener"]
