"""Cameras that are there, and whether each gives a picture."""

import sys

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.sources.cameras import v4l2
from livesegment.sources.cameras.listing import (
    IN_CONTAINERS,
    LINUX,
    WITHOUT,
    Camera,
    Places,
    cameras,
)
from livesegment.sources.cameras.wanted_camera import WantedCamera
from livesegment.sources.supervision.health import Cause

SECONDS = 20.0
"""Some cameras take ten to open."""
MOST_NUMBERS = 8
"""That are tried where the system has no list of cameras."""


def findings(
    ask: Ask, places: Places = LINUX, control: v4l2.Control | None = None
) -> list[Finding]:
    """A row a camera; elsewhere than on Linux only the first is tried."""
    if not sys.platform.startswith("linux"):
        return [_tried(ask, "0", "camera 0")]
    found = [camera for camera, _ in cameras(places, control)]
    if not found:
        hint = f"plug one in; {IN_CONTAINERS}. {WITHOUT}"
        return [
            warn(
                Topic.CAMERAS,
                "camera",
                f"this machine has no {places.devices}/video* that gives pictures",
                hint,
            )
        ]
    return [_on_linux(ask, camera, places, control) for camera in found]


def numbered(ask: Ask) -> list[tuple[Camera, v4l2.Device | None]]:
    """Cameras that open by their numbers, one after the other, up to the first that does not."""
    found: list[tuple[Camera, v4l2.Device | None]] = []
    for number in range(MOST_NUMBERS):
        try:
            facts = ask("cameras:take_picture", str(number), seconds=SECONDS)
        except NoAnswerError:
            break
        width, height = facts["size"]
        rates = (facts["fps"],) if facts["fps"] else ()
        mode = v4l2.Mode(facts["format"], (width, height), rates)
        device = v4l2.Device("", "", "", captures=True, modes=(mode,))
        found.append((Camera(number, "", f"camera {number}"), device))
    return found


def _on_linux(ask: Ask, camera: Camera, places: Places, control: v4l2.Control | None) -> Finding:
    found = WantedCamera(camera.path, places, control).examined(camera)
    if isinstance(found, v4l2.Device):
        return _tried(ask, camera.path, camera.title)
    says = found.reason.removeprefix(camera.title).strip()
    row = fail if found.cause is Cause.UNAUTHORISED else warn
    return row(Topic.CAMERAS, camera.title, says, found.hint or WITHOUT)


def _tried(ask: Ask, camera: str, name: str) -> Finding:
    try:
        facts = ask("cameras:take_picture", camera, seconds=SECONDS)
    except NoAnswerError as error:
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
    from livesegment.sources.cameras.camera import CameraSource

    source = CameraSource(camera)
    try:
        info = source.open()
        source.read()
        letters = source.given.format if source.given else ""
        return {"size": info.size, "fps": info.fps, "format": letters}
    finally:
        source.close()
