"""What is known of a file that is being written, so that a run that was killed goes on where it stopped.

Beside `<file>.part` stands `<file>.part.log`: a line that says whose file it is, then a line for each chunk that is in the file whole, with
the size of the file after it. A line that was not finished counts for nothing.
"""

import json
from pathlib import Path
from typing import Any


class Journal:
    """The log of a file in the making. `key`: what the content depends on, as text; a log of another key is not gone on with."""

    def __init__(self, part: Path, key: str) -> None:
        self.path = part.with_name(part.name + ".log")
        self._part = part
        self._key = key

    def entries(self) -> list[dict[str, Any]]:
        """The chunks that the part file holds whole, by an earlier run of the same key; none if there was no such run."""
        try:
            size = self._part.stat().st_size
            lines = self.path.read_bytes().split(b"\n")
        except OSError:
            return []
        if _line({"key": self._key}) != lines[0]:
            return []
        found = []
        for line in lines[1:-1]:  # the last line is empty, or was not finished
            try:
                entry = json.loads(line)
                whole = int(entry["size"]) <= size
            except (ValueError, KeyError, TypeError):
                break
            if not whole:
                break
            found.append(entry)
        return found

    def begin(self, entries: list[dict[str, Any]]) -> None:
        """Start the log with what is already there."""
        lines = [_line({"key": self._key}), *(_line(entry) for entry in entries)]
        self.path.write_bytes(b"\n".join(lines) + b"\n")

    def add(self, entry: dict[str, Any]) -> None:
        """Note a chunk; its bytes must have been given to the system before."""
        with open(self.path, "ab") as stream:
            stream.write(_line(entry) + b"\n")

    def end(self) -> None:
        """Remove the log."""
        self.path.unlink(missing_ok=True)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode("ascii")
