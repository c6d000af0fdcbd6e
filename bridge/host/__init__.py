"""Where adapters live: found, opened, called under a deadline, watched."""
