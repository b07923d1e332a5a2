"""Where models live on disk: descriptions, weights, and how a name or a path becomes both."""

import codecs
import difflib
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livesegment.errors import ModelError, SpecError, UsageError, one_line
from livesegment.foreign import HEAD, how_to_convert, told_by_content
from livesegment.spec import SUFFIXES, WEIGHTS, ModelFile, ModelSpec, plain_name

CHUNK = 1 << 20


def data_folder() -> Path:
    """The user's own folder: `$LIVESEGMENT_HOME`, else the platform's usual place.

    Raises:
        UsageError: nobody knows where that is.
    """
    if home := os.environ.get("LIVESEGMENT_HOME"):
        return Path(home)
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    try:
        return Path(base).expanduser() / "livesegment"
    except RuntimeError as error:
        raise UsageError(
            "this user has no home folder to keep models in",
            hint="set LIVESEGMENT_HOME to a folder of yours",
        ) from error


def spec_folders() -> list[Path]:
    """Folders of model descriptions, those of the user first.

    In a wheel the program's own are in the package; in a checkout, in `config/` beside it.
    """
    package = Path(__file__).parent
    folders = [data_folder() / "config", package / "_config", package.parent / "config"]
    return [folder for folder in folders if folder.is_dir()]


def model_folders() -> list[Path]:
    """Folders of weights: `models/` here, the checkout's, then the user's own, where pulls go."""
    return [Path("models"), Path(__file__).parent.parent / "models", data_folder() / "models"]


def download_folder() -> Path:
    """Where `models pull` and `models import` put files."""
    return data_folder() / "models"


def all_specs() -> dict[str, ModelSpec]:
    """Every model there is a description of, by name; the first of a name wins.

    Raises:
        SpecError: a description is wrong.
    """
    specs: dict[str, ModelSpec] = {}
    for folder in spec_folders():
        for path in sorted(folder.glob("*.toml")):
            spec = ModelSpec.load(path)
            specs.setdefault(spec.name, spec)
    return specs


@dataclass(frozen=True, slots=True)
class Model:
    """A description together with its files on this disk."""

    spec: ModelSpec
    paths: dict[str, Path]
    """Role -> file; every role that the description names."""
    trusted: bool
    """Whether the files are those that a description of the program's own names by their sums.

    Others are tried in a child process on whatever they are to run on: a damaged file that one
    engine reads can crash another."""
    asked_for: str
    """The name or path that `find_model` finds it by."""
    unsaid_labels: Path | None = None
    """A file beside that may hold class names, for a model that has none itself: any text file may
    be called so."""


def find_spec(name: str) -> ModelSpec:
    """The description called `name`.

    Raises:
        ModelError: there is none; names the nearest.
    """
    specs = all_specs()
    if name in specs:
        return specs[name]
    near = difflib.get_close_matches(name, specs, 1)
    raise ModelError(
        f"no model is called {name!r}",
        hint=(f"did you mean {near[0]}? " if near else "")
        + "`livesegment models list` shows them all; a file of your own needs its .onnx or .pb",
    )


def find_model(name: str) -> Model:
    """A model by name, or by the path of an .onnx or .pb file of one's own.

    Raises:
        ModelError: it is not there, or not all of it.
    """
    path = expanded(Path(name))
    if path.suffix.lower() in SUFFIXES or os.path.isfile(path):  # noqa: PTH113 -- never raises
        return own_model(path)
    if os.path.isdir(path):  # noqa: PTH112 -- likewise
        raise ModelError(f"{name} is a folder; --model takes a name or an .onnx or .pb file")
    spec = find_spec(name)
    paths = {file.role: locate(file) for file in spec.files}
    missing = [file for file in spec.files if paths[file.role] is None]
    if missing:
        raise not_installed(spec, missing)
    known = all(file.url and (file.sha256 or file.sha1) for file in spec.files)
    found = {role: path for role, path in paths.items() if path}
    for path in found.values():
        _check_file(path)
    return Model(spec, found, trusted=known, asked_for=name)


def expanded(path: Path) -> Path:
    """A path with the user's home for `~`; as it is where there is no such user."""
    with suppress(RuntimeError):
        return path.expanduser()
    return path


def not_installed(spec: ModelSpec, missing: list[ModelFile]) -> ModelError:
    """The error for a model without its weights; says the three things that work."""
    return ModelError(
        f"model {spec.name} is not on this machine: {', '.join(file.name for file in missing)}",
        hint=f"`livesegment models pull {spec.name}` fetches it; `--model FILE.onnx` takes a YOLO "
        "segmentation model of yours; `--model motion` needs no weights",
    )


def locate(file: ModelFile) -> Path | None:
    """The file in the first models folder that has it."""
    return next((f / file.name for f in model_folders() if (f / file.name).is_file()), None)


def check_sums(path: Path, file: ModelFile) -> None:
    """Compare a file with the sums in its description; files without sums pass.

    Raises:
        ModelError: they differ.
    """
    if wrong := sum_mismatch(path, file):
        raise ModelError(
            f"{path} is damaged: {wrong}",
            hint="move it away and run `livesegment models pull` again",
        )


def sum_mismatch(path: Path, file: ModelFile) -> str:
    """Which sum is not the description's, as half a sentence; empty where all known ones agree.

    Args:
        path: the file, under any name: a download is checked before it gets its own.
        file: its description.

    Raises:
        ModelError: the file cannot be read.
    """
    for algorithm, wanted in (("sha256", file.sha256), ("sha1", file.sha1)):
        if wanted and (found := digest(path, algorithm, text=file.is_text)) != wanted:
            return f"its {algorithm} is {found}, not {wanted}"
    return ""


def digest(path: Path, algorithm: str, *, text: bool = False) -> str:
    """A file's sum; of a text file, that of its text with LF line ends."""
    total = hashlib.new(algorithm, usedforsecurity=False)
    for chunk in _chunks(path):
        total.update(chunk.replace(b"\r", b"") if text else chunk)
    return total.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error


def own_model(path: Path) -> Model:
    """A model of the user's from its path, whatever that is; a .pb has its .pbtxt beside it.

    Raises:
        ModelError: it is not there, not all of it, or no model.
        SpecError: its class names cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix == ".pbtxt":
        raise ModelError(
            f"{path} is only the text graph of a model",
            hint=f"give the weights, {path.with_suffix('.pb').name}, with this file beside them",
        )
    _check_file(path)
    if suffix not in WEIGHTS:
        raise ModelError(f"{path} is neither an .onnx nor a .pb file", hint=how_to_convert(path))
    paths = {"weights": path}
    if suffix == ".pb":
        paths["graph"] = graph = path.with_suffix(".pbtxt")
        if not graph.is_file():
            raise ModelError(
                f"{path} needs its text graph, {graph.name}, beside it",
                hint="OpenCV's tf_text_graph_mask_rcnn.py makes one from the model's "
                "pipeline.config",
            )
        _check_file(graph)
    name = plain_name(path.stem)
    spec = ModelSpec(
        name=name,
        family="mask-rcnn" if suffix == ".pb" else "",
        labels=read_labels(path.with_suffix(".names")),
        files=tuple(
            ModelFile(role=role, name=name + file.suffix.lower()) for role, file in paths.items()
        ),
    )
    return Model(
        spec,
        paths,
        trusted=False,
        asked_for=str(path),
        unsaid_labels=path.with_suffix(".txt"),
    )


def _check_file(path: Path) -> None:
    """Refuse what is plainly no model before anything reads the whole of it."""
    try:
        found = path.stat()
        head = _head(path) if stat.S_ISREG(found.st_mode) else b""
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise ModelError(f"{path}: no such file") from error
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise ModelError(f"{path} is {what}")
    if found.st_size == 0:
        raise ModelError(f"{path} is empty", hint="export or fetch the file again")
    if told := told_by_content(head):
        raise ModelError(f"{path} is no model: it is {told[0]}", hint=told[1])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def read_labels(file: Path | None) -> tuple[str, ...]:
    """Class names, one a line, blank lines left out; none where there is no such file.

    Ultralytics' own list, "names:" and lines such as "0: person", is read too.

    Raises:
        SpecError: it is no text.
    """
    if file is None or not file.is_file():
        return ()
    try:
        data = file.read_bytes()
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"cannot read the class names in {file}: {one_line(error)}",
            hint="save it as UTF-8, a name a line; or move it, if it is something else",
        ) from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines[:1] == ["names:"]:
        del lines[0]
    if all(line.startswith(f"{number}:") for number, line in enumerate(lines)):
        lines = [line.partition(":")[2].strip() for line in lines]
    return tuple(lines)
