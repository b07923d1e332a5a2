"""A segmentation data set as YOLO networks are trained on."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from livesegment.sessions.export import pictures
from livesegment.sessions.export.base import Export, mask_of
from livesegment.sessions.export.pictures import Pictures
from livesegment.sessions.export.polygons import outline
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session

LABELS = "labels"
DESCRIPTION = "data.yaml"


def export(
    session: Session,
    frames: Iterable[RecordedFrame],
    folder: Path,
    *,
    source: Pictures | None = None,
) -> Export:
    """Write labels/, images/ and data.yaml.

    A line an object: class id, then x and y of a polygon's points as shares of width and height.
    A frame without objects has an empty file: trainers take it for background.

    Args:
        session: of which the labels are taken.
        frames: what is wanted of it.
        folder: an empty one.
        source: of the pictures; None: labels only.

    Raises:
        SourceError: the session cannot be read.
        SinkError: a picture cannot be written.
        OSError: the disk refuses.
    """
    made = Export()
    names = dict(enumerate(session.facts.labels))
    for name in (LABELS, pictures.FOLDER):
        (folder / name).mkdir()
    for frame in frames:
        if not pictures.written(source, frame, folder, made):
            continue
        rows = []
        for instance in frame.instances:
            names.setdefault(instance.class_id, instance.label)
            mask, origin = mask_of(instance, frame.size)
            if mask.size == 0:
                made.without_pixels += 1
                continue
            shares = outline(mask, origin) / np.array(frame.size, np.float64)
            numbers = " ".join(f"{share:.6f}" for share in shares.ravel().tolist())
            rows.append(f"{instance.class_id} {numbers}\n")
        (folder / LABELS / f"{frame.stem}.txt").write_text("".join(rows), "ascii")
        made.frames += 1
        made.instances += len(rows)
    _describe(folder / DESCRIPTION, names)
    return made


def _describe(path: Path, names: dict[int, str]) -> None:
    """Write data.yaml; without a `path`, which is that of the file then: the folder may move."""
    every = {i: names.get(i, f"class {i}") for i in range(max(names, default=-1) + 1)}
    lines = [f"train: {pictures.FOLDER}", f"val: {pictures.FOLDER}", "names:"]
    lines += [f"  {i}: {json.dumps(name)}" for i, name in every.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
