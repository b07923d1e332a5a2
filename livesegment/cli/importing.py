"""A model of the user's own becomes one with a name."""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from livesegment.atomic import install, only_one, writing
from livesegment.errors import ModelError, UsageError
from livesegment.spec import LONGEST_NAME, ModelFile, ModelSpec, is_plain_name
from livesegment.store import (
    Model,
    all_specs,
    data_folder,
    digest,
    download_folder,
    locate,
    own_model,
    sum_mismatch,
)

if TYPE_CHECKING:  # numpy takes longer to import than --help may take
    from livesegment.families.base import Family


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found and made."""

    spec: ModelSpec
    recognised_by: str
    input_size: tuple[int, int] | None
    """(width, height) in pixels that every frame is fitted into; None: as the frame is."""
    blind: bool
    """Whether it found nothing in the test picture, so that engines could not be compared."""


def import_model(file: Path, name: str | None) -> Imported:
    """Try a model, copy its files to the user's folder and write its description.

    Args:
        file: the weights; a text graph and class names lie beside them.
        name: what it is to be called; None: as the file is, as far as that is a name.

    Raises:
        ModelError: the file is missing, damaged or of no known family, or cannot be copied.
        EngineError: it can be read but not run.
        UsageError: the name is taken or cannot be one.
    """
    model = own_model(file)
    name = model.spec.name if name is None else name
    if not is_plain_name(name):
        raise UsageError(
            f"a model cannot be called {name!r}",
            hint="choose another with --name: letters, digits, '.', '-' and '_', at most "
            f"{LONGEST_NAME}, and no file's suffix at the end",
        )
    # Sums first: what is copied at the end is then what the trial saw, or nothing is copied.
    spec = _description(model, name)
    _same_model(spec)
    # OpenCV is loaded from here on: it takes its time, and a name that is taken needs none of it.
    from livesegment.families.recognise import recognise_model
    from livesegment.families.registry import load_family
    from livesegment.segmenters.choice import choose

    found = recognise_model(model)
    choice = choose(model)
    family = load_family(model)
    spec = replace(spec, family=found.family, labels=family.labels, licence=found.licence)
    description = data_folder() / "config" / f"{name}.toml"
    with only_one(description):
        same = _same_model(spec)
        if same is None and description.exists():  # it describes a model of another name
            raise UsageError(f"{description} is there already", hint="choose another with --name")
        for item in spec.files:
            _copy(model.paths[item.role], item)
        if same is None:
            _write_description(spec, description)
    return Imported(same or spec, found.by, _fixed_size(family), choice.blind)


def to_toml(spec: ModelSpec) -> str:
    """A description as TOML that `ModelSpec.load` reads back."""
    lines = [
        f"{key} = {_quoted(getattr(spec, key))}"
        for key in ("name", "family", "description", "licence", "homepage")
        if getattr(spec, key)
    ]
    if spec.labels:
        lines += ["labels = [", *(f"    {_quoted(label)}," for label in spec.labels), "]"]
    if spec.input_size:
        lines.append("input_size = [{}, {}]".format(*spec.input_size))
    for file in spec.files:
        rows = [(item.name, getattr(file, item.name)) for item in fields(file)]
        lines += ["", "[[files]]", *(f"{key} = {_quoted(value)}" for key, value in rows if value)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but TOML also wants DEL escaped.

    Half a surrogate pair, as in a file name that is no UTF-8, has no place in TOML.
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _description(model: Model, name: str) -> ModelSpec:
    """The description of a model of the user's under its new name, with the sums of its files."""
    return replace(
        model.spec,
        name=name,
        description=f"Imported from {model.paths['weights'].name}",
        files=tuple(_renamed(file, model.paths[file.role], name) for file in model.spec.files),
    )


def _renamed(file: ModelFile, path: Path, name: str) -> ModelFile:
    renamed = replace(file, name=name + path.suffix.lower())
    return replace(renamed, sha256=digest(path, "sha256", text=renamed.is_text))


def _same_model(spec: ModelSpec) -> ModelSpec | None:
    """The model that was imported from the same files under the same name before, if any.

    Raises:
        UsageError: the name stands for something else, as a model or as a file.
    """
    same, hint = None, "choose another with --name"
    # Without regard to case: some file systems have none.
    files = {file.name.casefold() for file in spec.files}
    for other in all_specs().values():
        if other.name == spec.name and other.files == spec.files:
            same = other
        elif other.name.casefold() == spec.name.casefold():
            raise UsageError(f"there is a model called {other.name} already", hint=hint)
        elif files & {file.name.casefold() for file in other.files}:
            raise UsageError(f"{other.name} has files called {spec.name} already", hint=hint)
    for file in spec.files:
        found = locate(file)
        replaceable = same and found == download_folder() / file.name
        if found and not replaceable and sum_mismatch(found, file):
            raise UsageError(f"{found} is there already, and is another file", hint=hint)
    return same


def _write_description(spec: ModelSpec, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    with writing(part):
        part.write_text(to_toml(spec), "utf-8")
    install(part, target)


def _copy(source: Path, file: ModelFile) -> None:
    """Copy a file to the user's folder of models, and see that it is the one that was tried.

    Raises:
        ModelError: it cannot be read or written, or has changed meanwhile.
    """
    target = download_folder() / file.name
    with only_one(target):
        if target.is_file() and not sum_mismatch(target, file):
            return
        part = target.with_name(f"{target.name}.copy.part")
        try:
            with writing(part):
                shutil.copyfile(source, part)
            if wrong := sum_mismatch(part, file):
                raise ModelError(f"{source} changed while it was copied: {wrong}")
            install(part, target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _fixed_size(family: "Family") -> tuple[int, int] | None:
    """(width, height) that pictures of any shape are fitted into, in pixels; None: there is none.

    The family is asked, with a wide picture and a tall one: what a file says about its input is
    not the same from family to family.
    """
    import numpy as np

    shapes = ((96, 160, 3), (160, 96, 3))
    wide, tall = (family.prepare(np.zeros(shape, np.uint8))[1].input_size for shape in shapes)
    return wide if wide == tall else None
