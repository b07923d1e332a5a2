"""Models on this disk, and whether there is room to write."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.errors import LiveSegmentError
from livesegment.spec import ModelSpec
from livesegment.store import all_specs, data_folder, locate, sum_mismatch

SUMMED = 300_000_000
"""Bytes of a model beyond which its sums are left to `models verify`."""
ROOM = 2_000_000_000
"""Bytes; a good model and an hour of recording."""
LEAST = 200_000_000
"""Bytes; a recording ends before there are fewer."""


def findings(default: str) -> list[Finding]:
    """Rows for each model, the folder of models, and the disk.

    Args:
        default: name of the model that a run takes where none is named.
    """
    try:
        rows = _models(all_specs(), default)
    except LiveSegmentError as error:
        rows = [
            fail(Topic.MODELS, "descriptions", str(error), error.hint or "mend it, or move it away")
        ]
    return [*rows, _writable(data_folder()), *_room()]


def _models(specs: Mapping[str, ModelSpec], default: str) -> list[Finding]:
    """A row a model, the default first; of those that are not installed, the default's only."""
    rows = []
    for name, spec in sorted(specs.items(), key=lambda item: (item[0] != default, item[0])):
        found = [locate(file) for file in spec.files]
        if all(found):
            rows.append(_installed(spec, [path for path in found if path]))
        elif name == default:
            says = "the default, is not on this machine"
            rows.append(warn(Topic.MODELS, name, says, f"livesegment models pull {name}"))
    return rows


def _installed(spec: ModelSpec, paths: list[Path]) -> Finding:
    if not paths:
        return ok(Topic.MODELS, spec.name, "built in")
    size = sum(path.stat().st_size for path in paths)
    says = f"{size / 1e6:.1f} MB"
    if any(path.stat().st_size == 0 for path in paths):
        hint = f"livesegment models pull {spec.name}"
        return fail(Topic.MODELS, spec.name, "a file of it is empty", hint)
    if size > SUMMED:
        return ok(Topic.MODELS, spec.name, f"{says}; sums by `livesegment models verify`")
    for path, file in zip(paths, spec.files, strict=True):
        try:
            wrong = sum_mismatch(path, file)
        except LiveSegmentError as error:
            wrong = str(error)
        if wrong:
            hint = f"move {path} away, then: livesegment models pull {spec.name}"
            return fail(Topic.MODELS, spec.name, f"{path} is damaged: {wrong}", hint)
    known = all(file.sha1 or file.sha256 for file in spec.files)
    return ok(Topic.MODELS, spec.name, f"{says}, {'sums right' if known else 'no sum known'}")


def _writable(folder: Path) -> Finding:
    """Whether the folder that models go into can be made or written; it is not made here."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(Topic.MODELS, "own folder", f"{folder} can be written")
    hint = (
        "set LIVESEGMENT_HOME to a folder of yours, such as: export LIVESEGMENT_HOME=~/livesegment"
    )
    return fail(Topic.MODELS, "own folder", f"{folder} cannot be written", hint)


def _room() -> list[Finding]:
    """A row a disk: that of recordings, which are made here, and that of models."""
    rows = []
    seen = set()
    for folder in (Path.cwd(), data_folder().absolute()):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if (disk := there.stat().st_dev) in seen:
            continue
        seen.add(disk)
        free = shutil.disk_usage(there).free
        says, hint = f"{free / 1e9:.1f} GB free at {there}", "make room, or use another folder"
        if free < LEAST:
            rows.append(fail(Topic.MODELS, "disk", f"{says}: too little to record", hint))
        elif free < ROOM:
            rows.append(warn(Topic.MODELS, "disk", says, hint))
        else:
            rows.append(ok(Topic.MODELS, "disk", says))
    return rows
