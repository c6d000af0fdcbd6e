"""The provisioning bridge: callers' operations in, a durable journal, targets' changes out."""

__version__ = "0.1.0"
