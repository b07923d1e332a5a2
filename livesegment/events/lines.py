"""events.jsonl: a line for every event that begins, changes or ends."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from livesegment.errors import SinkError

FILE = "events.jsonl"


class EventLines:
    """Writes lines whole, from several threads; the file appears with the first.

    Each line is handed to the operating system in one piece: after a kill the file ends with a
    whole line.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()

    def write(self, line: Mapping[str, Any]) -> bytes:
        """Append a line; returns it, without the line break.

        Raises:
            SinkError: it cannot be written.
        """
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
        with self._lock:
            try:
                if self._file is None:
                    self._file = self._path.open("ab", buffering=0)
                whole = self._file.tell()
                if self._file.write(data + b"\n") <= len(data):
                    self._file.truncate(whole)
                    raise SinkError(f"cannot write {self._path}: the disk is full")
            except OSError as error:
                raise SinkError(f"cannot write {self._path}: {error.strerror}") from error
        return data

    def close(self) -> None:
        """Close the file. Safe twice."""
        with self._lock:
            file, self._file = self._file, None
            if file is not None:
                file.close()
