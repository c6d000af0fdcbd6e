"""The command line, ``ecma-bridge``: runs the service, checks its configuration, and is a caller like any other.

One module per group of commands. Commands that speak to a bridge use `bridge.client` and nothing else.
Exit codes: 0 all went well; 1 it ran, and something was rejected or found wrong; 2 it could not run.
"""

from bridge.cli.app import main

__all__ = ["main"]
