"""Label pictures: PNGs whose values are objects and classes."""

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import SinkError, UsageError
from livesegment.sessions.export import pictures
from livesegment.sessions.export.base import Export, mask_of
from livesegment.sessions.export.pictures import Pictures
from livesegment.sessions.lines import RecordedFrame, RecordedInstance
from livesegment.sessions.session import Session

INSTANCES, CLASSES = "instances", "classes"
NAMES = "classes.json"
TRACKS, ROWS = "tracks", "rows"
MOST = 0xFFFF
"""The largest value of 16 bits."""
MOST_CLASSES = 0xFF


def export(
    session: Session,
    frames: Iterable[RecordedFrame],
    folder: Path,
    *,
    ids: str = TRACKS,
    source: Pictures | None = None,
) -> Export:
    """Write instances/ (16 bits), classes/ (8 bits) and classes.json, a PNG a frame each.

    Where objects overlap, the one of the best score is in front. 0 is what is no object.

    Args:
        session: of which the labels are taken.
        frames: what is wanted of it.
        folder: an empty one.
        ids: what an object's value is: "tracks", its track id, or 65535 and down for those that
            have none; "rows", its place in the frame, from 1.
        source: of the pictures, which are put into images/; None: there are none.

    Raises:
        UsageError: there are more tracks or classes than values.
        SourceError: the session cannot be read.
        SinkError: a picture cannot be written.
        OSError: the disk refuses.
    """
    made = Export()
    names = dict(enumerate(session.facts.labels))
    for name in (INSTANCES, CLASSES, *([pictures.FOLDER] if source else [])):
        (folder / name).mkdir()
    for frame in frames:
        if not pictures.written(source, frame, folder, made):
            continue
        width, height = frame.size
        objects = np.zeros((height, width), np.uint16)
        classes = np.zeros((height, width), np.uint8)
        values = _values(frame.instances, ids)
        ranked = sorted(zip(frame.instances, values, strict=True), key=lambda pair: pair[0].score)
        for instance, value in ranked:
            names.setdefault(instance.class_id, instance.label)
            if instance.class_id >= MOST_CLASSES:
                raise UsageError(
                    f"class id {instance.class_id} does not fit into a class map of 8 bits",
                    hint="--classes takes some of them; --format coco has room for all",
                )
            mask, (x, y) = mask_of(instance, frame.size)
            if mask.size == 0:
                made.without_pixels += 1
                continue
            part = (slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1]))
            objects[part][mask] = value
            classes[part][mask] = instance.class_id + 1
            made.instances += 1
        _write(objects, folder / INSTANCES / f"{frame.stem}.png")
        _write(classes, folder / CLASSES / f"{frame.stem}.png")
        made.frames += 1
    meaning = {"0": "background"} | {str(i + 1): names[i] for i in sorted(names)}
    (folder / NAMES).write_text(json.dumps(meaning, indent=1) + "\n", "utf-8")
    return made


def _values(instances: Iterable[RecordedInstance], ids: str) -> list[int]:
    """The value of each object of a frame."""
    if ids == ROWS:
        return [row for row, _ in enumerate(instances, 1)]
    values, spare = [], MOST
    for instance in instances:
        values.append(spare if instance.track_id is None else instance.track_id)
        spare -= instance.track_id is None
    if max(values, default=0) > MOST or len(set(values)) < len(values):
        raise UsageError(
            f"track ids up to {max(values)} do not fit into instance maps of 16 bits",
            hint="--ids rows numbers the objects of each frame by themselves",
        )
    return values


def _write(picture: NDArray[np.unsignedinteger], path: Path) -> None:
    made, data = cv2.imencode(".png", picture)  # its own choices are the quickest for such
    if not made:
        raise SinkError(f"{path.name} cannot be made a PNG of {picture.shape}")
    path.write_bytes(data.tobytes())
