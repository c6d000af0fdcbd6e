"""Where callers come in. Each way in only decodes, calls the engine and encodes; the engine decides."""
