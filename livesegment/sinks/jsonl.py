"""One JSON object a shown frame, one line each, written as it happens."""

import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from livesegment.errors import SinkError
from livesegment.rle import crop_counts, encode_counts
from livesegment.sinks.base import Ending, View


class WallClock:
    """Turns `time.monotonic()` into wall-clock time, by one look at both."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def tell(self, monotonic: float) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        moment = datetime.fromtimestamp(monotonic + self._offset, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(view: View, clock: WallClock) -> dict[str, Any]:
    """A view as design section 6 has it: boxes as x, y, width, height; masks as COCO RLE."""
    width, height = view.frame.size
    found = view.instances
    tracks = found.track_ids.tolist() if found.track_ids is not None else [0] * len(found)
    origins = found.regions[:, :2].tolist()
    rows = []
    for i, (x1, y1, x2, y2) in enumerate(found.boxes.tolist()):
        left, top = origins[i]
        class_id = int(found.class_ids[i])
        known = class_id < len(view.labels)
        row: dict[str, Any] = {"track_id": tracks[i]} if tracks[i] else {}
        row |= {
            "class_id": class_id,
            "class": view.labels[class_id] if known else f"class {class_id}",
            "score": round(float(found.scores[i]), 4),
            "bbox": [round(side, 2) for side in (x1, y1, x2 - x1, y2 - y1)],
            "area": int(np.count_nonzero(found.masks[i])),
            "segmentation": {
                "size": [height, width],
                "counts": encode_counts(crop_counts(found.masks[i], (left, top), (width, height))),
            },
        }
        rows.append(row)
    return {
        "frame": view.frame.index,
        "pts": round(view.frame.pts, 4),
        "time": clock.tell(view.frame.captured_at),
        "key_frame": view.key_frame,
        "mask_age": None if view.mask_age is None else round(view.mask_age, 4),
        "width": width,
        "height": height,
        "staleness": round(view.staleness, 4),
        "instances": rows,
    }


class JsonLines:
    """Writes every view to a file, or to standard output for "-"; see `Sink`.

    Each line is flushed whole, so that a reader behind a pipe, or after a crash, sees complete
    lines only.
    """

    stage = "jsonl"

    def __init__(self, target: str) -> None:
        self.lines = 0
        self._target = target
        self._clock = WallClock()
        self._file: TextIO | None = None
        if target == "-":
            self._file = sys.stdout
            return
        try:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            self._file = Path(target).open("w", encoding="utf-8")  # noqa: SIM115 -- see close
        except OSError as error:
            raise SinkError(f"cannot write {target}: {error.strerror}") from error

    def write(self, view: View) -> bool:
        """Write one line; False when whoever reads our standard output is gone."""
        if self._file is None:
            return False
        line = json.dumps(record(view, self._clock), separators=(",", ":"))
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except BrokenPipeError:
            self._abandon()
            return False
        except OSError as error:
            self._abandon()
            raise SinkError(f"cannot write {self._target}: {error.strerror}") from error
        self.lines += 1
        return True

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do between frames."""
        del remade
        return self._file is not None

    def close(self, ending: Ending) -> None:
        """Close the file; one without a line was never worth having."""
        del ending
        file, self._file = self._file, None
        if file is None or file is sys.stdout:
            return
        try:
            file.close()
            if self.lines == 0 and Path(self._target).is_file():  # and no /dev/null, no FIFO
                Path(self._target).unlink()
        except OSError as error:
            raise SinkError(f"cannot finish {self._target}: {error.strerror}") from error

    def _abandon(self) -> None:
        """Let go of a file that takes no more, and of what of the last line is still buffered."""
        file, self._file = self._file, None
        if file is not None and self._target != "-":
            with suppress(OSError):
                file.close()
