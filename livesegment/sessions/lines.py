"""frames.jsonl and events.jsonl, read line by line; what no recording writes is left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from livesegment.atomic import opened
from livesegment.errors import SourceError
from livesegment.sessions.facts import (
    LARGEST,
    MOST_CLASS,
    MOST_PIXELS,
    MOST_SIDE,
    MOST_TRACK,
    number,
    parsed,
    text,
    whole_number,
)

FAR = 1 << 28
"""Bytes without an end of a line, behind which nothing is looked for any more."""
FURTHEST = 2.0 * MOST_SIDE
"""Pixels of a box's corner and size."""
LONGEST_ID = 200

T = TypeVar("T")
Parse = Callable[[bytes], T]
"""Makes a value of a line; a ValueError says why it cannot."""


@dataclass(frozen=True, slots=True)
class RecordedInstance:
    """One object of one recorded frame."""

    track_id: int | None
    """None where the object was seen once only."""
    class_id: int
    label: str
    score: float
    box: tuple[float, float, float, float]
    """x, y, width, height in pixels."""
    area: int
    """Pixels of the mask."""
    counts: str
    """The mask as COCO's compressed run lengths, as far as they are any; see `decode_crop`."""


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One recorded frame."""

    number: int
    """Rises from frame to frame; the source's index, as long as that does."""
    index: int
    """As the source counts."""
    clock: float
    """Seconds on the session's clock."""
    time: str
    """Wall-clock time of the capture, as ISO 8601."""
    size: tuple[int, int]
    """(width, height) in pixels."""
    instances: tuple[RecordedInstance, ...]
    """Best score first."""
    key_frame: int | None = None
    """Index of the frame that the masks were inferred on."""
    mask_age: float = 0.0
    """Seconds between the captures of key frame and frame."""

    @property
    def stem(self) -> str:
        """What files of this frame are called, less the suffix."""
        return f"{self.number:08d}"


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """One line of a file."""

    data: bytes
    """With its end; of one that is too long only the beginning."""
    length: int
    """Bytes."""
    value: T | None
    """What it says; None where it cannot be read."""
    problem: str = ""
    """Why it cannot be."""

    @property
    def ended(self) -> bool:
        """Whether it has an end, and is not what a kill left of a line."""
        return self.data.endswith(b"\n") or self.length > len(self.data)


def read(path: Path, parse: Parse[T]) -> Iterator[Line[T]]:
    """The lines of a file, in order.

    Raises:
        OSError: it cannot be read, or is a link, a pipe or the like.
    """
    with opened(path) as file:
        while data := file.readline(LARGEST):
            length = len(data)
            if length == LARGEST and not data.endswith(b"\n"):
                while length < FAR and (more := file.readline(LARGEST)):
                    length += len(more)
                    if more.endswith(b"\n"):
                        break
                else:
                    at = file.tell()
                    length += file.seek(0, 2) - at
                yield Line(b"", length, None, "it is too long")
                continue
            try:
                yield Line(data, length, parse(data))
            except ValueError as error:
                yield Line(data, length, None, str(error))


def frame(line: bytes) -> RecordedFrame:
    """What a line of frames.jsonl says.

    Raises:
        ValueError: it is not what any version writes.
    """
    row = parsed(line)
    index = _there("frame", whole_number(row.get("frame")))
    size = (
        _there("width", whole_number(row.get("width"), 1, MOST_SIDE)),
        _there("height", whole_number(row.get("height"), 1, MOST_SIDE)),
    )
    if size[0] * size[1] > MOST_PIXELS:
        raise ValueError(f"its picture is {size[0]}x{size[1]}")
    instances = row.get("instances")
    if not isinstance(instances, list):
        raise ValueError("it has no instances")  # noqa: TRY004 -- of the file
    return RecordedFrame(
        number=index,
        index=index,
        clock=_there("clock", number(row["clock"] if "clock" in row else row.get("pts"))),
        time=text(row.get("time")),
        size=size,
        instances=tuple(_instance(one, size) for one in instances),
        key_frame=whole_number(row.get("key_frame")),
        mask_age=number(row.get("mask_age")) or 0.0,
    )


def event_id(line: bytes) -> str:
    """Which event a line of events.jsonl is about.

    Raises:
        ValueError: it is not what any version writes.
    """
    row = parsed(line)
    _there("type", text(row.get("type"), LONGEST_ID) or None)
    return _there("id", text(row.get("id"), LONGEST_ID) or None)


class Frames:
    """The frames of a session, in order; lines that cannot be read are left out and counted.

    What a kill left of the last line is no loss to speak of.
    """

    def __init__(self, path: Path) -> None:
        """Get ready.

        Args:
            path: of frames.jsonl, as it is called at this moment.
        """
        self._path = path
        self.left_out = 0
        self._first = ""

    @property
    def remark(self) -> str:
        """What the user should know of what was left out; empty where all could be read."""
        if not self.left_out:
            return ""
        lines = "1 line" if self.left_out == 1 else f"{self.left_out} lines"
        return f"{lines} of {self._path.name} left out that cannot be read: {self._first}"

    def leave_out(self, which: str, problem: str) -> None:
        """Count what cannot be read."""
        self.left_out += 1
        self._first = self._first or f"{which}: {problem}"

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Read them.

        Raises:
            SourceError: the file cannot be read, or is a link, a pipe or the like.
        """
        try:
            for place, line in enumerate(read(self._path, frame), 1):
                if line.value is not None:
                    yield line.value
                elif line.ended:
                    self.leave_out(f"line {place}", line.problem)
        except OSError as error:
            raise SourceError(f"cannot read {self._path}: {error.strerror}") from error


def _instance(row: Mapping[str, Any], size: tuple[int, int]) -> RecordedInstance:
    try:
        box, mask = row["bbox"], row["segmentation"]
        x, y, width, height = (number(side, -FURTHEST, FURTHEST) for side in box)
        height_width, counts = mask["size"], mask["counts"]
        track = row.get("track_id")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("an object has no box or no mask") from error
    if x is None or y is None or width is None or height is None:
        raise ValueError("an object's box is none")
    if height_width != [size[1], size[0]] or not isinstance(counts, str):
        raise ValueError("an object's mask is none of its picture")
    class_id = _there("class_id", whole_number(row.get("class_id"), 0, MOST_CLASS))
    return RecordedInstance(
        track_id=None if track is None else _there("track_id", whole_number(track, 0, MOST_TRACK)),
        class_id=class_id,
        label=text(row.get("class")) or f"class {class_id}",
        score=_there("score", number(row.get("score"), 0.0, 1.0)),
        box=(x, y, width, height),
        area=_there("area", whole_number(row.get("area"), 0, MOST_PIXELS)),
        counts=counts,
    )


def _there(key: str, value: T | None) -> T:
    if value is None:
        raise ValueError(f"its {key} is missing, or out of all bounds")
    return value
