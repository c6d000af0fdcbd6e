"""Adapters that ship with the bridge, one package per kind of target. Each imports `bridge.sdk` only."""
