"""The command line as a process of its own, as people and scripts run it."""
