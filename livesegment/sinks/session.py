"""A session on disk, recorded while it is switched on."""

import logging
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2

from livesegment import __version__
from livesegment.errors import EngineError, SinkError, one_line
from livesegment.frame import Image
from livesegment.sessions.folder import SessionFolder
from livesegment.sinks.base import Ending, View, Watch
from livesegment.sinks.recording import Recording
from livesegment.sinks.settings import Settings

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
        settings: Settings | None = None,
        events: Callable[[Path], Watch] | None = None,
        goes_on: bool = False,
        said: Callable[[str], None] = lambda _text: None,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        """Get ready; nothing is written before `start`.

        Args:
            parent: where session folders are made.
            source: its name, without a password.
            live: whether it has its own pace.
            facts: what the manifest says of the run.
            settings: how it is recorded.
            events: makes what watches for events, in the session's folder.
            goes_on: whether the run goes on when recording fails, as someone is watching.
            said: told, in a word or two, when a recording fails and the run goes on.
            spent: told how long encoding took.
        """
        self._said = said
        self._parent = parent
        self._source = source
        self._live = live
        self._facts = facts
        self._settings = settings or Settings()
        self._events = events
        self._goes_on = goes_on
        self._spent = spent
        self._recording: Recording | None = None
        self.failure: SinkError | None = None
        """Why a recording ended before it was to end."""
        self.finished: list[Path] = []
        """Folders of finished sessions, in order."""
        self.problems: list[str] = []
        """What went wrong in finished sessions and was got over."""
        self.dropped = 0
        """Pictures that finished recordings miss."""

    @property
    def recording(self) -> bool:
        """Whether a session is being recorded."""
        return self._recording is not None

    @property
    def path(self) -> Path | None:
        """The folder of the session being recorded."""
        return self._recording.folder.path if self._recording else None

    def start(self) -> None:
        """Begin a new session; nothing if one goes on.

        Raises:
            SinkError: the folder cannot be made.
        """
        if self._recording is not None:
            return
        folder = SessionFolder(self._parent, self._source, {"versions": versions()})
        try:
            with _translated():
                self._recording = Recording(
                    folder,
                    self._settings,
                    live=self._live,
                    facts=self._facts,
                    events=self._events,
                    spent=self._spent,
                )
        except BaseException:
            with suppress(SinkError):
                folder.remove_if_empty()
            raise

    def stop(self, ending: Ending, reason: str | None = None) -> None:
        """Finish the session; every part of it, whatever happens to the others.

        Raises:
            SinkError: a part could not be finished; the first of several.
        """
        recording, self._recording = self._recording, None
        if recording is None:
            return
        try:
            with _translated():
                recording.close(ending, reason)
        finally:
            self.dropped += recording.dropped
            self.problems += recording.problems
            if recording.folder.path.exists():
                self.finished.append(recording.folder.path)

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
        folder = (self.path or self._parent) / "snapshots"
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
        recording = self._recording
        if recording is not None:
            self._guarded(lambda: recording.write(view))
        return True

    def idle(self, remade: View | None = None) -> bool:
        """See whether the recording still works; see `Sink.idle`."""
        del remade
        if self._recording is not None:
            self._guarded(self._recording.check)
        return True

    def close(self, ending: Ending) -> None:
        """Finish the session; see `Sink.close`."""
        self.stop(ending)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step; if it fails, finish what there is, and end the run or let it go on."""
        try:
            with _translated():
                step()
        except SinkError as error:
            self.failure = error
            with suppress(SinkError):  # the reason is known, and said below
                self.stop(Ending.FAILED, str(error))
            if not self._goes_on:
                raise
            log.warning("recording ended: %s", error)
            self._said("recording failed")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the machine lacks into a failure of the recording.

    Raises:
        SinkError: memory, a thread or something of the disk's is not to be had.
    """
    try:
        yield
    except (OSError, MemoryError, EngineError) as error:
        lacks = "there is not enough memory" if isinstance(error, MemoryError) else one_line(error)
        raise SinkError(f"cannot record: {lacks}", hint=getattr(error, "hint", None)) from error
