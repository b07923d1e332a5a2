"""COCO's JSON: what was found, as data set and as results to be scored."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from livesegment import __version__
from livesegment.families.coco import BACKGROUND, COCO_BY_ID
from livesegment.families.known_classes import COCO
from livesegment.sessions.export import pictures
from livesegment.sessions.export.base import Export, is_mask, mask_of
from livesegment.sessions.export.pictures import Pictures
from livesegment.sessions.export.polygons import edges
from livesegment.sessions.lines import RecordedFrame, RecordedInstance
from livesegment.sessions.session import Session
from livesegment.sessions.timeline import iso

ANNOTATIONS = "annotations.json"
RESULTS = "results.json"
RLE, POLYGON = "rle", "polygon"


class Categories:
    """Category ids of classes.

    Of a network that knows COCO's 80 classes they are COCO's own, whatever the network's: so the
    session can be scored with COCO's annotations. Of any other they are the class ids plus one, as
    0 is nobody's.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self.names = dict(enumerate(labels))
        own = set(self.names.values())
        self._of_coco = set(COCO) <= own <= set(COCO_BY_ID)

    def id(self, class_id: int, label: str) -> int:
        """The category's id of a class; a class that the manifest does not name is added."""
        name = self.names.setdefault(class_id, label)
        if self._of_coco and name in COCO_BY_ID:
            return COCO_BY_ID.index(name)
        return class_id + 1 if not self._of_coco else len(COCO_BY_ID) + class_id

    def rows(self) -> list[dict[str, Any]]:
        """As the file has them."""
        rows = [
            {"id": self.id(class_id, name), "name": name}
            for class_id, name in self.names.items()
            if name != BACKGROUND
        ]
        return sorted(rows, key=lambda row: row["id"])


def export(
    session: Session,
    frames: Iterable[RecordedFrame],
    folder: Path,
    *,
    masks: str = RLE,
    source: Pictures | None = None,
) -> Export:
    """Write annotations.json, results.json and, where they are wanted, images/.

    Both files grow frame by frame, so that a session of any length needs no more memory than one
    frame.

    Args:
        session: of which manifest and labels are taken.
        frames: what is wanted of it.
        folder: an empty one.
        masks: of the annotations, "rle" or "polygon"; results are always RLE, as the COCO API
            reads no other.
        source: of the pictures; None: the file names stand for pictures that are not there.

    Raises:
        SourceError: the session cannot be read.
        SinkError: a picture cannot be written.
        OSError: the disk refuses.
    """
    made = Export()
    categories = Categories(session.facts.labels)
    spool = folder / "annotations.part"
    if source is not None:
        (folder / pictures.FOLDER).mkdir()
    with (
        (folder / ANNOTATIONS).open("w", encoding="utf-8") as file,
        (folder / RESULTS).open("w", encoding="utf-8") as results,
        spool.open("w+", encoding="utf-8") as annotations,
    ):
        file.write('{"info":' + _text(_info(session)) + ',"images":[')
        results.write("[")
        for frame in frames:
            if not pictures.written(source, frame, folder, made):
                continue
            _item(file, _image(frame), first=made.frames == 0)
            made.frames += 1
            for instance in frame.instances:
                row = _annotation(frame, instance, categories, masks)
                if not row["segmentation"]:
                    made.without_pixels += 1
                    continue
                first = made.instances == 0
                made.instances += 1
                _item(annotations, {"id": made.instances} | row, first=first)
                _item(results, _result(frame, instance, row), first=first)
        results.write("\n]\n")
        file.write('\n],"annotations":[')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file)
        file.write('\n],"categories":' + _text(categories.rows()) + "}\n")
    spool.unlink()
    return made


def _info(session: Session) -> dict[str, Any]:
    facts = session.facts
    return {
        "description": f"livesegment session {session.name}",
        "version": "1.0",
        "year": facts.started and facts.started.year,
        "contributor": f"livesegment {__version__}, model {facts.model or 'unknown'}",
        "date_created": facts.started and iso(facts.started),
    }


def _image(frame: RecordedFrame) -> dict[str, Any]:
    return {
        "id": frame.number,
        "file_name": f"{frame.stem}.jpg",
        "width": frame.size[0],
        "height": frame.size[1],
        "date_captured": frame.time,
        "frame": frame.index,
        "clock": frame.clock,
    }


def _annotation(
    frame: RecordedFrame, instance: RecordedInstance, categories: Categories, masks: str
) -> dict[str, Any]:
    """One annotation, less its id; without a pixel its segmentation is empty."""
    width, height = frame.size
    segmentation: object = None
    if masks == POLYGON:
        shapes = edges(*mask_of(instance, frame.size))
        segmentation = [shape.astype(int).ravel().tolist() for shape in shapes]
    elif instance.area > 0 and is_mask(instance, frame.size):
        segmentation = {"size": [height, width], "counts": instance.counts}
    track = {} if instance.track_id is None else {"track_id": instance.track_id}
    return {
        "image_id": frame.number,
        "category_id": categories.id(instance.class_id, instance.label),
        "bbox": list(instance.box),
        "area": instance.area,
        "iscrowd": 0,
        "segmentation": segmentation,
        **track,
    }


def _result(
    frame: RecordedFrame, instance: RecordedInstance, annotation: Mapping[str, Any]
) -> dict[str, Any]:
    width, height = frame.size
    return {
        "image_id": frame.number,
        "category_id": annotation["category_id"],
        "bbox": annotation["bbox"],
        "score": instance.score,
        "segmentation": {"size": [height, width], "counts": instance.counts},
    }


def _item(file: TextIO, row: Mapping[str, Any], *, first: bool) -> None:
    """Append to a list, a line each."""
    file.write(("\n" if first else ",\n") + _text(row))


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
