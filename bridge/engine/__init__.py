"""The engine: takes operations in, brings each to its final state, reads targets. Ingress calls `Engine` only."""
