"""The cameras of a Linux machine: what they are called, and which of them somebody means."""

import contextlib
import difflib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livesegment.errors import SourceError, UsageError
from livesegment.sources.addresses.url import redact
from livesegment.sources.cameras import v4l2

WITHOUT = "`livesegment demo` and `--source FILE|URL` work without a camera"
IN_CONTAINERS = "in a container, add --device /dev/video0"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the system keeps what it knows of cameras."""

    devices: Path = Path("/dev")
    about: Path = Path("/sys/class/video4linux")
    processes: Path = Path("/proc")


LINUX = Places()


@dataclass(frozen=True, slots=True)
class Camera:
    """A node of a camera, as it is found without opening it."""

    number: int
    """That of `--camera`. It depends on the order of plugging in."""
    path: str
    """Such as /dev/video0."""
    name: str = ""
    """The model as the system calls it; empty where it does not."""
    stable: str = ""
    """The path under /dev/v4l/by-id, which stays the same; empty where there is none."""
    second: bool = False
    """Whether the system counts it as a further node of its camera."""

    @property
    def title(self) -> str:
        """Path and model, for people."""
        return f"{self.path} ({self.name})" if self.name else self.path


def check(text: str) -> None:
    """Refuse what can name no camera, before it is looked for.

    Raises:
        UsageError: it is empty, a URL, a negative number or one too large.
    """
    number = re.fullmatch(r"[+-]?[\d.]+", text)
    if (
        not text.strip()
        or "://" in text
        or not text.isprintable()
        or (number and not re.fullmatch(r"\d{1,4}", text))
    ):
        raise UsageError(
            f"--camera {redact(text)}: a camera is a number from 0 on, a path such as /dev/video0, "
            "or a part of its name",
            hint="`livesegment cameras` lists them; a file or a URL goes with --source",
        )


def nodes(places: Places = LINUX) -> list[Camera]:
    """Every node that is there, by number; none is opened."""
    stable = _stable_paths(places.devices)
    found = []
    for path in places.devices.glob("video*"):
        if number := re.fullmatch(r"video(\d{1,4})", path.name):
            about = places.about / path.name
            found.append(
                Camera(
                    number=int(number[1]),
                    path=str(path),
                    name=_line(about / "name"),
                    stable=stable.get(path.name, ""),
                    second=_line(about / "index") not in {"", "0"},
                )
            )
    return sorted(found, key=lambda camera: camera.number)


def cameras(
    places: Places = LINUX, control: v4l2.Control | None = None
) -> list[tuple[Camera, v4l2.Device | None]]:
    """Each node that gives pictures, with what its driver says; None where it does not answer.

    A node that cannot be asked is listed too, unless it is a further one of its camera.
    """
    found: list[tuple[Camera, v4l2.Device | None]] = []
    for camera in nodes(places):
        try:
            device = v4l2.query(camera.path, control)
        except OSError:
            if not camera.second:
                found.append((camera, None))
        else:
            if device is not None and device.captures:
                found.append((camera, device))
    return found


def find(text: str, places: Places = LINUX, control: v4l2.Control | None = None) -> Camera:
    """The camera that somebody means.

    Args:
        text: a number, a path, or a model's or a link's name or a part of it, in whichever case.
        places: where to look.
        control: as for `v4l2.query`.

    Raises:
        UsageError: the text can name no camera.
        SourceError: there is none of that name, or several are.
    """
    check(text)
    there = nodes(places)
    if text.isdecimal():
        return _numbered(int(text), there, places)
    if text.startswith("/"):
        return _at(Path(text), there)
    meant = _called(text, there)
    if len(meant) > 1:
        meant = [camera for camera in meant if _gives_pictures(camera, control)] or meant
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise SourceError(
            f"{len(meant)} cameras are called {text!r}",
            hint=f"take one by its number or path: {_listed(meant)}",
        )
    raise SourceError(f"there is no camera called {text!r}", hint=_nearest(text, there))


def holders(camera: Camera, places: Places = LINUX) -> list[str]:
    """Other programs that have a camera open, as "name (pid 123)", as far as one may know."""
    return sorted(
        f"{_line(process / 'comm') or 'a program'} (pid {process.name})"
        for process in places.processes.glob("[0-9]*")
        if process.name != str(os.getpid()) and camera.path in _open_files(process)
    )


def none_there(places: Places = LINUX) -> str:
    """What to do where a camera is missing, naming those there are."""
    there = [camera for camera in nodes(places) if not camera.second]
    found = f"found: {_listed(there)}" if there else f"this machine has no {places.devices}/video*"
    return f"{found}; {WITHOUT}"


def _numbered(number: int, there: Sequence[Camera], places: Places) -> Camera:
    for camera in there:
        if camera.number == number:
            return camera
    raise SourceError(f"there is no {places.devices}/video{number}", hint=none_there(places))


def _at(path: Path, there: Sequence[Camera]) -> Camera:
    try:
        real = str(path.resolve(strict=True))
    except (OSError, RuntimeError) as error:
        raise SourceError(f"there is no {path}", hint=_nearest(path.name, there)) from error
    for camera in there:
        if camera.path == real:
            return camera
    raise SourceError(f"{path} is no camera", hint=_nearest(path.name, there))


def _called(text: str, there: Iterable[Camera]) -> list[Camera]:
    """Those of exactly that name; where there are none, those that have it as a part."""
    wanted = text.casefold()
    named = [(camera, [name.casefold() for name in _names(camera)]) for camera in there]
    whole = [camera for camera, names in named if wanted in names]
    return whole or [camera for camera, names in named if any(wanted in name for name in names)]


def _gives_pictures(camera: Camera, control: v4l2.Control | None) -> bool:
    try:
        device = v4l2.query(camera.path, control)
    except OSError:
        return not camera.second
    return device is not None and device.captures


def _nearest(text: str, there: Sequence[Camera]) -> str:
    known = {name.casefold(): camera for camera in there for name in _names(camera)}
    words = {word: camera for name, camera in known.items() for word in name.split()}
    near = difflib.get_close_matches(text.casefold(), known | words, 1, cutoff=0.5)
    if near:
        return f"did you mean {(known | words)[near[0]].title}? `livesegment cameras` lists all"
    listed = [camera for camera in there if not camera.second]
    return f"found: {_listed(listed)}" if listed else f"there is no camera; {WITHOUT}"


def _names(camera: Camera) -> list[str]:
    return [name for name in (camera.name, Path(camera.stable).name) if name]


def _listed(there: Iterable[Camera]) -> str:
    return ", ".join(camera.title for camera in there)


def _stable_paths(devices: Path) -> dict[str, str]:
    """Name of the node -> path of its link."""
    found: dict[str, str] = {}
    for link in sorted(devices.glob("v4l/by-id/*")):
        try:
            found.setdefault(link.readlink().name, str(link))
        except OSError:
            continue
    return found


def _open_files(process: Path) -> set[str]:
    try:
        links = list((process / "fd").iterdir())
    except OSError:  # another user's, or gone meanwhile
        return set()
    found = set()
    for link in links:
        with contextlib.suppress(OSError):  # closed meanwhile
            found.add(str(link.readlink()))
    return found


def _line(path: Path) -> str:
    try:
        return v4l2.printable(path.read_text("utf-8", "replace").strip())
    except OSError:
        return ""
