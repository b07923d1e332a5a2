"""A model's description: what one TOML file in `config/` says.

Unknown keys are refused with the nearest known one, so a misspelt key never does nothing.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from livesegment.errors import SpecError
from livesegment.regular_files import read_regular

MOST_BYTES = 16 << 20
"""Of a TOML file."""

LONGEST_NAME = 64
WEIGHTS = frozenset({".onnx", ".pb"})
"""Suffixes of weights that are read."""
SUFFIXES = WEIGHTS | {".pbtxt"}
"""Suffixes that tell a path from a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file that a model is made of."""

    role: str
    """What the family uses it for: "weights" or "graph"."""
    name: str
    """File name in the models folder."""
    url: str = ""
    """Where `models pull` fetches it, or the archive that holds it; empty: not for download."""
    member: str = ""
    """Path inside the archive at `url`, where that is one."""
    archive_sha1: str = ""
    """SHA-1 of the archive, lower-case hexadecimal."""
    sha1: str = ""
    sha256: str = ""
    """Sums of the file itself, lower-case hexadecimal; empty where not known."""

    def __post_init__(self) -> None:
        if self.role not in {"weights", "graph"}:
            raise ValueError(f'role {self.role!r} is neither "weights" nor "graph"')
        plain = Path(self.name).name == self.name != ".." and self.name.isprintable()
        if not self.name or not plain:
            raise ValueError(f"file name {self.name!r} must be a plain name")
        for key, digits in (("sha1", 40), ("archive_sha1", 40), ("sha256", 64)):
            value = getattr(self, key)
            if value and (len(value) != digits or set(value) - set("0123456789abcdef")):
                raise ValueError(f"{key} must be {digits} lower-case hexadecimal digits")

    @property
    def is_text(self) -> bool:
        """Whether its sums are those of its text with LF line ends."""
        return self.name.endswith(".pbtxt")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What one description says about one model."""

    name: str
    """Name on the command line."""
    family: str
    """Which family reads its tensors; `builtin` and `motion` need no files; "": the file says."""
    description: str = ""
    licence: str = ""
    """Of the weights, as their makers state it."""
    homepage: str = ""
    labels: tuple[str, ...] = ()
    """Class names in the order of the network's class ids; empty: the file itself names them."""
    input_size: tuple[int, int] | None = None
    """(width, height) in pixels that frames are fitted into; None: the family's own choice."""
    files: tuple[ModelFile, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.name or set(self.name) & set("/\\ \t\n"):
            raise ValueError(f"name {self.name!r} must not be empty or hold blanks or slashes")
        if self.input_size is not None and min(self.input_size) < 1:
            raise ValueError(f"input_size {self.input_size} must be positive")

    def file(self, role: str) -> ModelFile | None:
        """The file that plays `role`, or None."""
        return next((file for file in self.files if file.role == role), None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a description.

        Raises:
            SpecError: the file is missing, is no TOML, or says what no description can say.
        """
        return cls.from_table(read_toml(path), origin=str(path))

    @classmethod
    def from_table(cls, table: Mapping[str, Any], *, origin: str) -> Self:
        """Check a parsed table and make the description of it.

        Raises:
            SpecError: a key is unknown, missing or of the wrong type.
        """
        check_keys(table, cls, origin)
        rows = table.get("files", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SpecError(f"{origin}: files must be [[files]] tables")
        for row in rows:
            check_keys(row, ModelFile, f"{origin}, [[files]]")
        labels = table.get("labels", [])
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise SpecError(f"{origin}: labels must be a list of strings")
        size = table.get("input_size")
        if size is not None and not (
            isinstance(size, list) and len(size) == 2 and all(type(side) is int for side in size)
        ):
            raise SpecError(f"{origin}: input_size must be [width, height]")
        try:
            return cls(
                **{
                    **table,
                    "files": tuple(ModelFile(**row) for row in rows),
                    "labels": tuple(labels),
                    "input_size": None if size is None else (size[0], size[1]),
                }
            )
        except ValueError as error:
            raise SpecError(f"{origin}: {error}") from error


def is_plain_name(name: str) -> bool:
    """Whether a model can be called so: no good name is taken for a path, or needs quotes."""
    good = re.fullmatch(r"\w[\w.-]*", name) and len(name) <= LONGEST_NAME
    return bool(good) and Path(name).suffix.lower() not in SUFFIXES


def plain_name(text: str) -> str:
    """The nearest to any text that a model can be called."""
    name = re.sub(r"[^\w.-]+", "-", text)[:LONGEST_NAME].strip("-.")
    while Path(name).suffix.lower() in SUFFIXES:
        name = Path(name).stem.strip("-.")
    return name or "model"


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's table.

    Raises:
        SpecError: the file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(read_regular(path, MOST_BYTES).decode())
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # not all that it raises is a TOMLDecodeError
        raise SpecError(f"{path} is not TOML: {error}") from error


def check_keys(table: Mapping[str, Any], shape: type, origin: str) -> None:
    """Refuse keys that dataclass `shape` does not have, missing ones, and strings that are none.

    Raises:
        SpecError: names the key, the file and the nearest known key.
    """
    known = {item.name: item for item in fields(shape)}
    for key, value in table.items():
        if key not in known:
            raise unknown_key(key, known, origin)
        if known[key].type in (str, "str") and not isinstance(value, str):
            raise SpecError(f"{origin}: {key} must be a string, got {value!r}")
    for key, item in known.items():
        required = item.default is MISSING and item.default_factory is MISSING
        if required and key not in table:
            raise SpecError(f"{origin}: {key} is missing")


def unknown_key(key: str, known: Collection[str], origin: str) -> SpecError:
    """The error for a key that nothing reads."""
    near = difflib.get_close_matches(key, known, 1)
    return SpecError(
        f"{origin}: unknown key {key!r}",
        hint=f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}",
    )
