"""One JSON object a shown frame, one line each, written as it happens."""

import json
import math
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from livesegment.atomic import growing
from livesegment.errors import SinkError
from livesegment.rle import crop_counts, encode_counts
from livesegment.sessions.timeline import WallClock
from livesegment.sinks.base import Ending, View

STREAMS = ("/dev/std", "/dev/fd/", "/proc/")
"""How the names of what is open already begin: it is written to, whatever it is."""


def _low(side: float) -> float:
    """Two decimals of a box's left or upper side, in the same pixel."""
    rounded = round(side, 2)
    return rounded if math.floor(rounded) == math.floor(side) else math.floor(side) + 0.99


def _high(side: float) -> float:
    """Two decimals of a box's right or lower side, in the same pixel."""
    rounded = round(side, 2)
    return rounded if math.ceil(rounded) == math.ceil(side) else math.ceil(side) - 0.99


def record(
    view: View, wall: WallClock, clock: float | None = None, source: str | None = None
) -> dict[str, Any]:
    """A view as docs/output.md has it: boxes as x, y, width, height; masks as COCO RLE.

    Args:
        view: what is shown.
        wall: tells the time of day.
        clock: the view's time on the clock of a session, where it is part of one.
        source: what it comes from, where there are several.
    """
    width, height = view.frame.size
    found = view.instances
    tracks = found.track_ids.tolist() if found.track_ids is not None else [0] * len(found)
    origins = found.regions[:, :2].tolist()
    rows = []
    for i, (left_side, top_side, right_side, bottom_side) in enumerate(found.boxes.tolist()):
        # Whoever reads them must come to the same pixels.
        x1, y1, x2, y2 = _low(left_side), _low(top_side), _high(right_side), _high(bottom_side)
        left, top = origins[i]
        class_id = int(found.class_ids[i])
        known = class_id < len(view.labels)
        row: dict[str, Any] = {"track_id": tracks[i]} if tracks[i] else {}
        row |= {
            "class_id": class_id,
            "class": view.labels[class_id] if known else f"class {class_id}",
            "score": float(str(found.scores[i])),
            "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
            "area": int(np.count_nonzero(found.masks[i])),
            "segmentation": {
                "size": [height, width],
                "counts": encode_counts(crop_counts(found.masks[i], (left, top), (width, height))),
            },
        }
        rows.append(row)
    return {
        **({} if source is None else {"source": source}),
        "frame": view.frame.index,
        "pts": round(view.frame.pts, 4),
        "time": wall.tell(view.frame.captured_at),
        **({} if clock is None else {"clock": round(clock, 4)}),
        "key_frame": view.key_frame,
        "mask_age": None if view.mask_age is None else round(view.mask_age, 4),
        "width": width,
        "height": height,
        "staleness": round(view.staleness, 4),
        **({} if view.state is None else {"state": view.state, "epoch": view.frame.epoch}),
        "instances": rows,
    }


def as_line(row: Mapping[str, Any]) -> str:
    """A row as JSON on one line."""
    return json.dumps(row, separators=(",", ":"))


class JsonLines:
    """Writes every view to a file, or to standard output for "-"; see `Sink`.

    Each line is flushed whole, so that a reader behind a pipe, or after a crash, sees complete
    lines only.
    """

    stage = "jsonl"

    def __init__(
        self, target: str, *, part: bool | None = None, wall: WallClock | None = None
    ) -> None:
        """Open the file.

        Args:
            target: its path, or "-".
            part: whether it is called NAME.part.EXT until it is finished; None: if there is
                a file with content, which stays until it is replaced by a whole one.
            wall: tells the time of day, where that is watched over elsewhere.

        Raises:
            SinkError: it cannot be written.
        """
        self.lines = 0
        self._bytes = 0
        self._standing = _standing(target) if part is None else None
        self._final = str(self._standing or target)
        self._target = str(growing(Path(self._final))) if part or self._standing else target
        self._called = self._target if self._standing else target
        if target == "-":
            self._called = "standard output"
        self._made = not os.path.lexists(target) or self._target != target
        """Whether the file is ours, and may go where no line came."""
        self._wall = wall
        self._own_wall = WallClock()
        self._file: TextIO | None = None
        try:
            if target == "-":  # past sys.stdout, whose lock a thread that is stuck would hold
                number = sys.stdout.fileno()
                self._file = open(number, "w", encoding="utf-8", newline="\n", closefd=False)  # noqa: SIM115
                return
            if self._target != target:  # whatever has that name, it is not written to
                Path(self._target).unlink(missing_ok=True)
            self._file = Path(self._target).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115
            if self._standing:
                shutil.copymode(self._standing, self._target)
        except OSError as error:
            raise SinkError(f"cannot write {target}: {error.strerror}") from error

    def write(self, view: View, clock: float | None = None) -> bool:
        """Write one line; False when whoever reads our standard output is gone."""
        if self._file is None:
            return False
        if self._wall is None:
            self._own_wall.jumped()
        return self.tell(record(view, self._wall or self._own_wall, clock))

    def tell(self, row: Mapping[str, Any]) -> bool:
        """Write something else than a view; otherwise as `write`.

        Raises:
            SinkError: it could not be written.
        """
        return self.append(as_line(row))

    def append(self, line: str) -> bool:
        """Write a line as it is; otherwise as `tell`."""
        return self._file is not None and self._append(self._file, line)

    def _append(self, file: TextIO, line: str) -> bool:
        try:
            file.write(line + "\n")
            file.flush()
        except BrokenPipeError:
            self._abandon()
            return False
        except OSError as error:
            self._abandon()
            full = error.errno in {ENOSPC, EDQUOT}
            raise SinkError(
                f"cannot write {self._called}: {error.strerror}",
                hint="make room, and record again" if full else None,
            ) from error
        self.lines += 1
        self._bytes += len(line) + 1
        return True

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do between frames."""
        del remade
        return self._file is not None

    def close(self, ending: Ending) -> None:
        """Close the file; one without a line was never worth having."""
        del ending
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
            if self._target == "-":
                return
            if self.lines == 0:
                if self._made:
                    Path(self._target).unlink(missing_ok=True)
            elif self._target != self._final:
                Path(self._target).replace(self._final)
        except OSError as error:
            raise SinkError(f"cannot finish {self._target}: {error.strerror}") from error

    def _abandon(self) -> None:
        """Let go of a file that takes no more, and of what of the last line is still buffered."""
        file, self._file = self._file, None
        if file is None:
            return
        with suppress(OSError):
            file.close()
        if self._target != self._final:  # the last line may be there in part
            with suppress(OSError):
                os.truncate(self._target, self._bytes)
                if not self._standing:  # what is whole is worth more
                    Path(self._target).replace(self._final)


def _standing(target: str) -> Path | None:
    """The file with content that a path leads to, if another can be made beside it."""
    if target == "-" or os.path.abspath(target).startswith(STREAMS):  # noqa: PTH100 -- no links
        return None
    path = Path(target).resolve()
    if not path.is_file() or not path.stat().st_size or not os.access(path.parent, os.W_OK):
        return None
    return path
