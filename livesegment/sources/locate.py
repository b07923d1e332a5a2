"""From what the user typed to a source."""

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from urllib.parse import unquote

from livesegment.errors import SourceError, UsageError
from livesegment.sources.addresses.address import Address
from livesegment.sources.addresses.credentials import Credentials
from livesegment.sources.addresses.url import is_url, redact
from livesegment.sources.base import Source
from livesegment.sources.cameras.camera import CameraSource
from livesegment.sources.cameras.wanted_camera import WantedCamera
from livesegment.sources.images import SUFFIXES, ImagesSource
from livesegment.sources.named import NamedSource
from livesegment.sources.realtime import RealtimeSource, RetimedSource
from livesegment.sources.streams.stream import Transport
from livesegment.sources.streams.wanted_stream import WantedStream
from livesegment.sources.supervision.health import Supervision
from livesegment.sources.supervision.supervised import SupervisedSource
from livesegment.sources.synthetic import SyntheticSource
from livesegment.sources.video import VideoSource

LISTS = frozenset({".csv", ".lst", ".txt"})
"""How files end that name others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How live sources are opened, and watched over."""

    supervision: Supervision = field(default_factory=Supervision)
    credentials: Credentials | None = None
    """For URLs that name no user."""
    transport: Transport = "tcp"
    """How RTSP brings its pictures: tcp or udp."""
    max_age: float | None = None
    """Seconds; what is later is left out."""
    size: tuple[int, int] | None = None
    """(width, height) to ask a camera for."""
    fps: float | None = None
    """Frames a second to ask a camera for."""
    format: str | None = None
    """Pixel format to ask a camera for, such as MJPG."""


def camera(
    text: str, *, name: str | None = None, reception: Reception | None = None
) -> SupervisedSource:
    """A camera by number, path or name.

    Args:
        text: as typed.
        name: what it is to be called; None: by what it is.
        reception: how it is opened, and watched over.

    Raises:
        UsageError: it can be none of these.
    """
    if is_url(text):
        raise UsageError(
            f"--camera {redact(text)}: a camera is a number from 0 on, a path or a name",
            hint="a file or a URL goes with --source",
        )
    how = reception or Reception()
    wanted = WantedCamera(text)
    return SupervisedSource(
        name or wanted.name,
        lambda: CameraSource(wanted, size=how.size, fps=how.fps, format=how.format),
        supervision=how.supervision,
        diagnose=wanted.diagnose,
        answers=wanted.present,
    )


def source(
    text: str,
    *,
    name: str | None = None,
    realtime: bool = False,
    loop: bool = False,
    fps: float | None = None,
    mixed: bool = False,
    reception: Reception | None = None,
) -> Source:
    """What `--source` names: file, folder, glob, URL, device, "-" or "synthetic".

    Args:
        text: as typed.
        name: what it is to be called; None: by what it is.
        realtime: play a film at its own rate, as a camera would give it.
        loop: start a film again at its end.
        fps: the rate of pictures and films, over their own.
        mixed: whether the three above are meant for others, where this source is live.
        reception: how live sources are opened, and watched over.

    Raises:
        UsageError: the options do not fit the source.
        SourceError: there is nothing of that name.
    """
    found = _find(text, name, reception or Reception(), loop=loop, fps=fps)
    if found.is_live:
        for option, given in (("--realtime", realtime), ("--loop", loop), ("--fps", fps)):
            if given and not mixed:
                raise UsageError(f"{option} is for files; {found.name} has its own pace")
        return found
    if fps is not None:
        found = RetimedSource(found, fps)
    if realtime:
        found = RealtimeSource(found)
    return found if name is None else NamedSource(found, name)


def _find(
    text: str, name: str | None, reception: Reception, *, loop: bool, fps: float | None
) -> Source:
    if is_url(text):
        return _stream(text, name, reception)
    if text.startswith("file:"):
        path = unquote(text.removeprefix("file:").removeprefix("//"))
        raise UsageError(f"{text}: a file is named by its path", hint=f"--source {quote(path)}")
    if "://" in text:
        Address.parse(text)  # says what is wrong with it
    if text == "synthetic":
        return SyntheticSource()
    if re.fullmatch(r"-?\d{1,4}", text):
        return camera(text, name=name, reception=reception)
    if not text:
        raise UsageError("--source names nothing")
    if text == "-":
        return VideoSource(text)
    try:
        return _find_path(text, name, reception, loop=loop, fps=fps)
    except OSError as error:  # a folder on the way that may not be searched, a name too long
        raise SourceError(f"cannot read {text}: {error.strerror}") from error


def _stream(text: str, name: str | None, reception: Reception) -> SupervisedSource:
    address = Address.parse(text, credentials=reception.credentials)
    wanted = WantedStream(address, transport=reception.transport, max_age=reception.max_age)
    return SupervisedSource(
        name or wanted.name,
        wanted.connect,
        supervision=reception.supervision,
        diagnose=wanted.diagnose,
        answers=wanted.answers,
    )


def _find_path(
    text: str, name: str | None, reception: Reception, *, loop: bool, fps: float | None
) -> Source:
    path = Path(text)
    if path.is_dir() or (not path.exists() and any(sign in text for sign in "*?[")):
        return ImagesSource(text, fps=fps, loop=loop)
    if not path.exists():
        numbered = re.sub(r"%0?\d*d", "*", text)
        hint = None if numbered == text else f"numbered pictures are a quoted glob: '{numbered}'"
        raise SourceError(f"{text}: no such file, folder or device", hint=hint)
    if text.startswith("/dev/") and stat.S_ISCHR(path.stat().st_mode):
        return camera(text, name=name, reception=reception)
    if path.suffix.lower() in LISTS:
        raise SourceError(
            f"{text} is a list, not a video", hint="name each file with a --source of its own"
        )
    if path.suffix.lower() in SUFFIXES:
        return ImagesSource(text, fps=fps, loop=loop)
    return VideoSource(text, loop=loop)
