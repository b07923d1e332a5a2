"""What is known of installed models, as rows for tables and JSON."""

from collections.abc import Iterable
from typing import Any

from livesegment.cli.model_options import DEFAULT_MODEL
from livesegment.errors import ModelError
from livesegment.spec import ModelFile, ModelSpec
from livesegment.store import download_folder, locate, not_installed, sum_mismatch


def in_order(specs: Iterable[ModelSpec]) -> list[ModelSpec]:
    """The default model first, the others by name."""
    return sorted(specs, key=lambda spec: (spec.name != DEFAULT_MODEL, spec.name))


def summary(spec: ModelSpec) -> dict[str, Any]:
    """One model as a row of `list`."""
    found = [locate(file) for file in spec.files]
    sizes = [place.stat().st_size for place in found if place]
    return {
        "name": spec.name,
        "family": spec.family,
        "default": spec.name == DEFAULT_MODEL,
        "built_in": not spec.files,
        "installed": all(found),
        "size": sum(sizes) if sizes and all(found) else None,
        "licence": spec.licence,
        "description": spec.description,
    }


def verdict(spec: ModelSpec, file: ModelFile) -> dict[str, Any]:
    """How one file of a model is, as a row of `verify`."""
    found = locate(file)
    detail = sum_mismatch(found, file) if found else ""
    status = "not installed"
    if found:
        status = "damaged" if detail else "ok" if file.sha256 or file.sha1 else "no sum known"
    return {
        "model": spec.name,
        "file": file.name,
        "role": file.role,
        "status": status,
        "detail": detail,
        "path": place(file),
        "url": file.url,
    }


def paths(spec: ModelSpec) -> list[str]:
    """Where a model's files are.

    Raises:
        ModelError: one is missing.
    """
    places = {file.name: place(file) for file in spec.files}
    missing = [file for file in spec.files if places[file.name] is None]
    if missing:
        raise not_installed(spec, missing)
    return [place for place in places.values() if place]


def is_there(file: ModelFile) -> bool:
    """Whether a file is installed and right; a damaged one that a pull replaces is not.

    Raises:
        ModelError: it is damaged, and lies where no pull writes but where it is found first.
    """
    found = locate(file)
    if found is None:
        return False
    wrong = sum_mismatch(found, file)
    if wrong and found.parent.absolute() != download_folder().absolute():
        raise ModelError(
            f"{found} is not the file that it should be: {wrong}",
            hint="move it away and run the same command again",
        )
    return not wrong


def place(file: ModelFile) -> str | None:
    """Where a file is, in full; None where it is not."""
    found = locate(file)
    return str(found.absolute()) if found else None
