"""The targets that crash tests write to, each with a record of its own of what was done to it, in order."""
