"""Cameras that are there, and whether each gives a picture."""

import os
import sys
from pathlib import Path

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn

DEVICES = Path("/dev")
NAMES = Path("/sys/class/video4linux")
SECONDS = 20.0
"""Some cameras take ten to open."""
WITHOUT = "`livesegment demo` and `--source FILE|URL` work without a camera"


def findings(ask: Ask, devices: Path = DEVICES, names: Path = NAMES) -> list[Finding]:
    """A row a camera; elsewhere than on Linux only the first is tried."""
    if not sys.platform.startswith("linux"):
        return [_tried(ask, "0", "camera 0")]
    found = sorted(devices.glob("video*"), key=lambda path: (len(path.name), path.name))
    if not found:
        hint = f"plug one in; in a container, add --device /dev/video0. {WITHOUT}"
        return [warn(Topic.CAMERAS, "camera", "this machine has no /dev/video*", hint)]
    return [_on_linux(ask, path, names / path.name) for path in found]


def _on_linux(ask: Ask, path: Path, about: Path) -> Finding:
    model = _line(about / "name")
    name = str(path) + (f" ({model})" if model else "")
    if not os.access(path, os.R_OK | os.W_OK):
        group = _group(path)
        hint = f"sudo usermod -aG {group} $USER, then log out and in again"
        return fail(Topic.CAMERAS, name, f"not yours to open: it is group {group}'s", hint)
    # A camera's second node tells of its pictures and has none of its own.
    return _tried(ask, str(path), name, second=_line(about / "index") not in {"", "0"})


def _tried(ask: Ask, camera: str, name: str, *, second: bool = False) -> Finding:
    try:
        facts = ask("cameras:take_picture", camera, seconds=SECONDS)
    except NoAnswerError as error:
        if second:
            return ok(Topic.CAMERAS, name, "no camera of its own, but what another one adds")
        hint = error.hint or f"is it plugged in, and free of other programs? {WITHOUT}"
        return warn(Topic.CAMERAS, name, str(error), hint)
    width, height = facts["size"]
    rate = f" at {facts['fps']:g} fps" if facts["fps"] else ""
    return ok(Topic.CAMERAS, name, f"gives pictures, {width}x{height}{rate}")


def take_picture(camera: str) -> Facts:
    """In a child: open a camera as a run does, and read one picture.

    Raises:
        SourceError: it cannot be opened, or gives none.
    """
    from livesegment.sources.camera import CameraSource

    source = CameraSource(int(camera) if camera.isdigit() else camera)
    try:
        info = source.open()
        source.read()
        return {"size": info.size, "fps": info.fps}
    finally:
        source.close()


def _line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _group(path: Path) -> str:
    try:
        return path.group()
    except (OSError, KeyError, NotImplementedError):
        return "video"
