"""What is exported: the frames of a session, read one by one, and what is wanted of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import SourceError
from livesegment.rle import decode_crop
from livesegment.sessions.session import Session


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a session that is wanted."""

    start: float = 0.0
    """Seconds on the session's clock."""
    end: float | None = None
    """Seconds on the session's clock, exclusive; None: to the last frame."""
    score: float = 0.0
    """Instances below it are left out."""
    class_ids: frozenset[int] | None = None
    """None: all classes."""


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
    """The mask as COCO's compressed run lengths."""

    def mask(self, size: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
        """The crop of the mask that has pixels, and its place; see `decode_crop`.

        Raises:
            SourceError: the run lengths are none, or of a frame of another size.
        """
        try:
            return decode_crop(self.counts, size)
        except ValueError as error:
            raise SourceError(f"a mask of the session cannot be read: {error}") from error


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

    @property
    def stem(self) -> str:
        """What files of this frame are called, less the suffix."""
        return f"{self.number:08d}"


@dataclass(slots=True)
class Export:
    """What came out."""

    frames: int = 0
    instances: int = 0
    without_pixels: int = 0
    """Instances left out because their mask is empty."""
    without_picture: int = 0
    """Frames left out because the video has no picture of them."""
    files: list[Path] = field(default_factory=list)
    """Where it is, at last."""
    remarks: list[str] = field(default_factory=list)
    """What the user should know, a line each."""


def frames(session: Session, selection: Selection) -> Iterator[RecordedFrame]:
    """The frames that are wanted, in order, one at a time.

    Raises:
        SourceError: the file cannot be read, or a line is not as docs/output.md has it.
    """
    last = offset = -1
    for row, line in enumerate(session.lines(), 1):
        try:
            frame = _frame(line, selection)
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"line {row} of the frames of {session.name} is not what a recording writes: "
                f"{error!r}",
                hint=f"`livesegment sessions repair {session.path}` sets such lines aside",
            ) from error
        # A source that starts anew counts from 0 again: numbers go on from there.
        offset = 0 if last < 0 else offset
        if frame.index + offset <= last:
            offset = last + 1 - frame.index
        last = frame.index + offset
        if frame.clock < selection.start:
            continue
        if selection.end is not None and frame.clock >= selection.end:
            continue
        yield frame if offset == 0 else _numbered(frame, last)


def _numbered(frame: RecordedFrame, number: int) -> RecordedFrame:
    return RecordedFrame(number, frame.index, frame.clock, frame.time, frame.size, frame.instances)


def _frame(line: dict[str, Any], selection: Selection) -> RecordedFrame:
    size = (int(line["width"]), int(line["height"]))
    rows = (_instance(row, size) for row in line["instances"])
    wanted = selection.class_ids
    index = int(line["frame"])
    return RecordedFrame(
        number=index,
        index=index,
        clock=float(line.get("clock", line["pts"])),
        time=str(line["time"]),
        size=size,
        instances=tuple(
            row
            for row in rows
            if row.score >= selection.score and (wanted is None or row.class_id in wanted)
        ),
    )


def _instance(row: dict[str, Any], size: tuple[int, int]) -> RecordedInstance:
    x, y, width, height = row["bbox"]
    mask = row["segmentation"]
    if list(mask["size"]) != [size[1], size[0]]:
        raise ValueError(f"a mask is {mask['size']}, the frame {[size[1], size[0]]}")
    track = row.get("track_id")
    return RecordedInstance(
        track_id=None if track is None else int(track),
        class_id=int(row["class_id"]),
        label=str(row["class"]),
        score=float(row["score"]),
        box=(float(x), float(y), float(width), float(height)),
        area=int(row["area"]),
        counts=str(mask["counts"]),
    )


def labels(session: Session) -> tuple[str, ...]:
    """Class names in the order of class ids.

    Sessions of schema 1 do not say them: there the lines are read for those that were found.
    """
    if session.labels:
        return session.labels
    found: dict[int, str] = {}
    for frame in frames(session, Selection()):
        found |= {instance.class_id: instance.label for instance in frame.instances}
    return tuple(found.get(i, f"class {i}") for i in range(max(found, default=-1) + 1))


def label_of(labels: Sequence[str], class_id: int) -> str:
    """A class's name, also where the model did not name it."""
    return labels[class_id] if class_id < len(labels) else f"class {class_id}"


def counted(frames: Iterable[RecordedFrame], export: Export) -> Iterator[RecordedFrame]:
    """The frames, with those that pass and their instances counted."""
    for frame in frames:
        export.frames += 1
        yield frame
