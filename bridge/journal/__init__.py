"""The durable record of operations: one SQLite file, one writing process, group commit."""

from bridge.journal.acceptance import Draft
from bridge.journal.assignments import Assignment
from bridge.journal.entries import Conclusion, Entry, Transition
from bridge.journal.history import Held
from bridge.journal.journal import Journal, Limits
from bridge.journal.recovery import Mode
from bridge.journal.retention import Purge
from bridge.journal.steps import Step, Stepped

__all__ = [
    "Assignment",
    "Conclusion",
    "Draft",
    "Entry",
    "Held",
    "Journal",
    "Limits",
    "Mode",
    "Purge",
    "Step",
    "Stepped",
    "Transition",
]
