"""ecma-bridge: a provisioning bridge between identity systems and on-premises targets."""

__version__ = "0.1.0"
