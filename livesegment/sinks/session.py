"""A session on disk: overlay video, frames.jsonl, snapshots and manifest."""

import logging
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2

from livesegment import __version__
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sessions.folder import SessionFolder
from livesegment.sinks.base import Ending, View
from livesegment.sinks.jsonl import JsonLines
from livesegment.sinks.recorder import Recorder

log = logging.getLogger(__name__)


def versions() -> dict[str, str]:
    """Versions of what made the session."""
    return {
        "livesegment": __version__,
        "opencv": cv2.__version__,
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }


class SessionSink:
    """Records while it is switched on; see `Sink`.

    Each switching on makes a new session folder.
    """

    stage = "record"

    def __init__(
        self,
        parent: Path,
        source: str,
        *,
        live: bool,
        facts: Callable[[], Mapping[str, Any]],
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        self._parent = parent
        self._source = source
        self._live = live
        self._facts = facts
        self._spent = spent
        self._folder: SessionFolder | None = None
        self._recorder: Recorder | None = None
        self._lines: JsonLines | None = None
        self.finished: list[Path] = []
        """Folders of finished sessions, in order."""
        self.dropped = 0
        """Pictures that finished recordings miss."""

    @property
    def recording(self) -> bool:
        """Whether a session is being recorded."""
        return self._recorder is not None

    @property
    def path(self) -> Path | None:
        """The folder of the session being recorded."""
        return self._folder.path if self._folder else None

    def start(self) -> None:
        """Begin a new session; nothing if one goes on.

        Raises:
            SinkError: the folder cannot be made.
        """
        if self._recorder is not None:
            return
        folder = SessionFolder(self._parent, self._source)
        try:
            folder.write_manifest(versions=versions(), live=self._live, **self._facts())
            self._lines = JsonLines(str(folder.path / "frames.jsonl"))
        except SinkError:
            with suppress(SinkError):
                folder.remove_if_empty()
            raise
        self._folder = folder
        self._recorder = Recorder(folder.path, live=self._live, spent=self._spent)

    def stop(self, ending: Ending) -> None:
        """Finish the session; every part of it, whatever happens to the others.

        Raises:
            SinkError: a part could not be finished; the first of several.
        """
        folder, recorder, lines = self._folder, self._recorder, self._lines
        self._folder = self._recorder = self._lines = None
        if folder is None or recorder is None or lines is None:
            return
        failures: list[Exception] = []
        for part in (recorder, lines):
            try:
                part.close(ending)
            except Exception as error:  # noqa: BLE001 -- raised again below
                failures.append(error)
        self.dropped += recorder.dropped
        if not failures and folder.remove_if_empty():
            return
        try:
            folder.write_manifest(
                **self._facts(),
                ended=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                end_reason=str(failures[0]) if failures else str(ending),
                videos=recorder.files,
                frames=lines.lines,
                recorder_dropped=recorder.dropped,
            )
        except SinkError as error:
            failures.append(error)
        self.finished.append(folder.path)
        if failures:
            raise failures[0]

    def toggle(self) -> None:
        """Start or stop, as the user's key asks."""
        if self.recording:
            self.stop(Ending.USER)
        else:
            self.start()

    def snapshot(self, image: Image, frame_index: int) -> Path:
        """Save a picture as PNG, in the session if one is being recorded.

        Raises:
            SinkError: it cannot be written.
        """
        folder = (self._folder.path if self._folder else self._parent) / "snapshots"
        path = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}_frame-{frame_index}.png"
        data = cv2.imencode(".png", image)[1]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise SinkError(f"cannot save {path}: {error.strerror}") from error
        return path

    def write(self, view: View) -> bool:
        """Record one view; see `Sink.write`."""
        if self._recorder is not None and self._lines is not None:
            self._lines.write(view)
            self._recorder.write(view)
        return True

    def idle(self, remade: View | None = None) -> bool:
        """See whether the recorder still runs; see `Sink.idle`."""
        del remade
        return self._recorder is None or self._recorder.idle()

    def close(self, ending: Ending) -> None:
        """Finish the session; see `Sink.close`."""
        self.stop(ending)
