"""Tests, arranged by behaviour; `tests.support` starts the real servers they need."""
