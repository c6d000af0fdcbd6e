"""Where the lines of the log go. A full disk or a closed pipe behind it never stops the bridge."""

from __future__ import annotations

import threading
from typing import TextIO


class LineStream:
    """A text stream that never raises: it drops lines, and says how many once it can."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self.dropped = 0
        """Lines that could not be written since the last that could."""

    def write(self, line: str) -> int:
        """Write the line, or count it as dropped."""
        with self._lock:
            try:
                if self.dropped:
                    self._output.write(f'{{"event": "log_lines_dropped", "count": {self.dropped}}}\n')
                self._output.write(line)
            except (OSError, ValueError):
                self.dropped += 1
            else:
                self.dropped = 0
        return len(line)

    def flush(self) -> None:
        """Flush, or count what was not."""
        try:
            self._output.flush()
        except (OSError, ValueError):
            self.dropped += 1
