<<<<<<< HEAD
"""Adapters that ship with the bridge, one package per kind of target. Each imports `bridge.sdk` only."""
=======
"""Adapters shipped with the bridge: one sub-package per kind of target, found by `bridge.host.discovery`."""
>>>>>>> infra
