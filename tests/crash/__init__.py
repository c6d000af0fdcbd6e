"""Crash tests: the real bridge is killed again and again under load, then judged by the target's own record."""
