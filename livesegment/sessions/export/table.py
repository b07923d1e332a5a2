"""A row an instance, for spreadsheets: comma-separated values as RFC 4180 has them."""

import csv
from collections.abc import Iterable
from pathlib import Path

from livesegment.sessions.export.base import Export
from livesegment.sessions.lines import RecordedFrame

COLUMNS = (
    *("frame", "clock", "time", "track_id", "class_id", "class", "score"),
    *("x", "y", "width", "height", "area"),
)


def export(frames: Iterable[RecordedFrame], path: Path) -> Export:
    """Write the file: UTF-8, lines that end in CR LF, names of the columns in the first.

    Args:
        frames: what is wanted of a session.
        path: of the file.

    Raises:
        SourceError: the session cannot be read.
        OSError: the disk refuses.
    """
    made = Export()
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for frame in frames:
            made.frames += 1
            made.instances += len(frame.instances)
            rows.writerows(
                (
                    *(frame.index, frame.clock, frame.time),
                    "" if one.track_id is None else one.track_id,
                    *(one.class_id, one.label, one.score, *one.box, one.area),
                )
                for one in frame.instances
            )
    return made
