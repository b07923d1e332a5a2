"""The camera that somebody means, found anew at each connect, and why it gives nothing."""

import os
import sys
from pathlib import Path

from livesegment.errors import SourceError, one_line
from livesegment.sources.cameras import listing, v4l2
from livesegment.sources.cameras.camera_mode import READABLE, readable
from livesegment.sources.cameras.listing import LINUX, WITHOUT, Camera, Places
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import Cause

NO_PICTURE = (
    "is another program using it? If it shares a USB hub with others, there may be no bandwidth "
    "left: try another port, --camera-format MJPG or a smaller --camera-size. Otherwise unplug it "
    "and plug it in again"
)


class WantedCamera:
    """What `--camera` names; see `listing.find`.

    It lives as long as the run, over all connections. Numbers are given in the order of plugging
    in, so after an unplug another camera may have the number: which one it was at first is kept in
    mind, and another one is refused rather than shown as if it were the same.

    Elsewhere than on Linux it is a number for OpenCV, and nothing is known of it.

    Raises:
        UsageError: the text can name no camera.
    """

    def __init__(
        self,
        camera: str | int,
        places: Places = LINUX,
        control: v4l2.Control | None = None,
    ) -> None:
        self.text = str(camera)
        listing.check(self.text)
        self.name = f"camera {self.text}"
        if self.text.startswith("/"):
            self.name = Path(self.text).name
        self.warned: set[str] = set()
        """What was said already, so that a reconnect does not say it again."""
        self._places = places
        self._control = control
        self._first: Camera | None = None

    @property
    def has_nodes(self) -> bool:
        """Whether this system has a file for each camera."""
        return sys.platform.startswith("linux")

    def find(self) -> Camera:
        """Where it is now.

        Raises:
            SourceError: it is not there, or what is there is another one.
        """
        first = self._first
        text = self.text
        if first and not text.isdecimal() and first.stable and Path(first.stable).exists():
            text = first.stable  # also when a second one of that name has come
        camera = listing.find(text, self._places, self._control)
        if first and _is_another(camera, first):
            raise SourceError(
                f"it is another one now: {camera.title}; it was {_identity(first)}",
                hint="plug the first one in again, or start anew to use this one; "
                f"--camera {first.stable} always means the first",
            )
        self._first = first or camera
        return camera

    def device(self, camera: Camera) -> v4l2.Device:
        """What its driver says.

        Raises:
            SourceError: it may not be opened, or gives no pictures.
        """
        found = self.examined(camera)
        if isinstance(found, Diagnosis):
            raise SourceError(found.reason, hint=found.hint)
        return found

    def present(self) -> bool:
        """Whether a try to open it is worth while; cheap, and from any thread."""
        if not self.has_nodes:
            return True
        try:
            camera = self.find()
        except SourceError:
            return False
        return _may_open(camera)

    def diagnose(self, error: SourceError | None = None) -> Diagnosis:
        """Why it cannot be opened or read.

        Args:
            error: that came of it, if one did.
        """
        said = str(error).removeprefix(f"{self.name} ") if error else "OpenCV cannot open it"
        if not self.has_nodes:
            return Diagnosis(Cause.UNKNOWN, said, (error and error.hint) or _elsewhere())
        known = self._first is not None
        try:
            camera = self.find()
        except SourceError as missing:
            # Not "not found": a camera that was there comes back when it is plugged in.
            cause = Cause.ENDED if known else Cause.NOT_FOUND
            return Diagnosis(cause, str(missing), missing.hint)
        found = self.examined(camera)
        if isinstance(found, Diagnosis):
            return found
        if users := listing.holders(camera, self._places):
            reason = f"{said}: {camera.path} is open in {', '.join(users)}"
            return Diagnosis(Cause.REFUSED, reason, "close that program")
        return Diagnosis(Cause.SILENT, said, NO_PICTURE)

    def examined(self, camera: Camera) -> v4l2.Device | Diagnosis:
        """What the driver says of a node, or what speaks against opening it.

        That another program has it open is nothing against it: so has one that feeds a virtual
        camera, and one that only watches for cameras.
        """
        title = camera.title
        if not _may_open(camera):
            group = _group(Path(camera.path))
            return Diagnosis(
                Cause.UNAUTHORISED,
                f"{title} is not yours to open: it is group {group}'s",
                f"sudo usermod -aG {group} $USER, then log out and in again",
            )
        try:
            device = v4l2.query(camera.path, self._control)
        except OSError as error:
            reason = f"{title} cannot be opened: {error.strerror or one_line(error)}"
            return Diagnosis(Cause.ENDED, reason, "unplug it and plug it in again")
        if device is None or not device.captures:
            hint = f"`livesegment cameras` lists those that do; {WITHOUT}"
            return Diagnosis(Cause.NO_VIDEO, f"{title} gives no pictures", hint)
        if device.modes and not readable(device.modes):
            formats = ", ".join(dict.fromkeys(mode.format for mode in device.modes))
            return Diagnosis(
                Cause.NO_VIDEO,
                f"{title} gives only {formats}, which OpenCV does not read from cameras",
                f"it reads {', '.join(READABLE)}",
            )
        return device


def _is_another(camera: Camera, first: Camera) -> bool:
    """Whether a camera is surely not the first one.

    Twins without a serial number share one link, which then names only one of them; and a camera
    just plugged in has its link a moment later. So a link that is missing proves nothing.
    """
    if not first.stable:
        return False
    differs = bool(camera.stable) and camera.stable != first.stable
    return differs or camera.name != first.name


def _identity(camera: Camera) -> str:
    return camera.name + (f" ({Path(camera.stable).name})" if camera.stable else "")


def _may_open(camera: Camera) -> bool:
    return os.access(camera.path, os.R_OK | os.W_OK)


def _group(path: Path) -> str:
    try:
        return path.group()
    except (OSError, KeyError, NotImplementedError):
        return "video"


def _elsewhere() -> str:
    if sys.platform == "darwin":
        return (
            "allow the terminal to use the camera (System Settings, Privacy & Security, Camera), "
            "then run it again; or try another number"
        )
    return (
        "is it plugged in, free, and allowed (Settings, Privacy, Camera)? try another number; "
        + WITHOUT
    )
