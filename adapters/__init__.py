"""Adapters shipped with the bridge: one sub-package per kind of target, found by `bridge.host.discovery`."""
