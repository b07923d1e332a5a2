"""From what the user typed to a source."""

import re
import stat
from pathlib import Path

from livesegment.errors import SourceError, UsageError
from livesegment.sources.base import Source
from livesegment.sources.camera import CameraSource
from livesegment.sources.images import SUFFIXES, ImagesSource
from livesegment.sources.realtime import RealtimeSource, RetimedSource
from livesegment.sources.stream import StreamSource
from livesegment.sources.synthetic import SyntheticSource
from livesegment.sources.url import SCHEMES, is_url, redact
from livesegment.sources.video import VideoSource


def camera(text: str) -> CameraSource:
    """A camera by number or /dev path.

    Raises:
        UsageError: it is neither.
    """
    if re.fullmatch(r"\d{1,4}", text):
        return CameraSource(int(text))
    if text.startswith("/dev/"):
        return CameraSource(text)
    raise UsageError(
        f"--camera {redact(text)}: a camera is a number from 0 on, or a path such as /dev/video0",
        hint="a file or a URL goes with --source",
    )


def source(
    text: str, *, realtime: bool = False, loop: bool = False, fps: float | None = None
) -> Source:
    """What `--source` names: file, folder, glob, URL, device, "-" or "synthetic".

    Args:
        text: as typed.
        realtime: play a film at its own rate, as a camera would give it.
        loop: start a film again at its end.
        fps: the rate of pictures and films, over their own.

    Raises:
        UsageError: the options do not fit the source.
        SourceError: there is nothing of that name.
    """
    found = _find(text, loop=loop, fps=fps)
    if found.is_live:
        for option, given in (("--realtime", realtime), ("--loop", loop), ("--fps", fps)):
            if given:
                raise UsageError(f"{option} is for files; {found.name} has its own pace")
        return found
    if fps is not None:
        found = RetimedSource(found, fps)
    return RealtimeSource(found) if realtime else found


def _find(text: str, *, loop: bool, fps: float | None) -> Source:
    if is_url(text):
        return StreamSource(text)
    if "://" in text:
        raise UsageError(
            f"--source {redact(text)}: unknown kind of URL",
            hint=f"known: {', '.join(sorted(SCHEMES))}",
        )
    if text == "synthetic":
        return SyntheticSource()
    if re.fullmatch(r"-?\d{1,4}", text):
        return camera(text)
    if not text:
        raise UsageError("--source names nothing")
    if text == "-":
        return VideoSource(text)
    try:
        return _find_path(text, loop=loop, fps=fps)
    except OSError as error:  # a folder on the way that may not be searched, a name too long
        raise SourceError(f"cannot read {text}: {error.strerror}") from error


def _find_path(text: str, *, loop: bool, fps: float | None) -> Source:
    path = Path(text)
    if path.is_dir() or (not path.exists() and any(sign in text for sign in "*?[")):
        return ImagesSource(text, fps=fps, loop=loop)
    if not path.exists():
        raise SourceError(f"{text}: no such file, folder or device")
    if text.startswith("/dev/") and stat.S_ISCHR(path.stat().st_mode):
        return CameraSource(text)
    if path.suffix.lower() in SUFFIXES:
        return ImagesSource(text, fps=fps, loop=loop)
    return VideoSource(text, loop=loop)
