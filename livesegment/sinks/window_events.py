"""What the process that has the window says of it, and the run understands."""

import json
from enum import StrEnum
from typing import Any

MARK = b"\x1e"
"""In front of every event, as RFC 7464 has it: all else on the same pipe is what libraries say."""


class WindowEvent(StrEnum):
    """What happened."""

    SHOWN = "shown"
    """One order was carried out."""
    KEY = "key"
    """Its code, by `cv2.waitKeyEx`."""
    CLICK = "click"
    """x and y, in pixels of the picture, and whether it was a double one."""
    CLOSED = "closed"


def encode(event: WindowEvent, *values: object) -> bytes:
    """An event as a line."""
    return MARK + json.dumps([event, *values]).encode() + b"\n"


def decode(line: bytes) -> tuple[str, list[Any] | None]:
    """What a library said in a line, and the event that came after it, if any did.

    Raises:
        ValueError: its process ended in the middle of an event.
    """
    words, mark, event = line.rpartition(MARK)
    if not mark:
        return _text(line), None
    return _text(words), json.loads(event)


def _text(words: bytes) -> str:
    return words.decode(errors="replace").strip()
