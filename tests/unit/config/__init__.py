"""The configuration: read, refused, documented."""
