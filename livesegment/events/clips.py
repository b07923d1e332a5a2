"""The thread that writes clips, at its own pace."""

import threading
from collections.abc import Callable
from contextlib import suppress

from livesegment.errors import SinkError
from livesegment.events.clip import Clip
from livesegment.threads.worker import Worker


class Clips:
    """Writes the clips of all events that go on, a picture of each in turn.

    A clip that is behind, as every one is that begins with a pre-roll, holds up nobody but the
    others here. After a failure no further picture is written, but every event still gets its
    end.
    """

    def __init__(self) -> None:
        self.failed = False
        """Whether one could not be written."""
        self._error: BaseException | None = None
        self._clips: list[tuple[Clip, Callable[[], None]]] = []
        self._news = False
        self._closing = False
        self._changed = threading.Condition()
        self._worker = Worker("clips", self._run)
        self._worker.start()

    def add(self, clip: Clip, done: Callable[[], None]) -> None:
        """Write a clip; `done` is called from the thread here when it is finished."""
        with self._changed:
            self._clips.append((clip, done))
        self.wake()

    def wake(self) -> None:
        """There are new pictures, or a clip was given its end."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Write what there is of clips that have an end; False if that took too long."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        return self._worker.stop(seconds)

    def failure(self) -> BaseException | None:
        """The first failure since the last look, and why the thread ended where it did."""
        error, self._error = self._error or self._worker.error, None
        self._worker.error = None
        return error

    def _run(self) -> None:
        try:
            while self._rounds():
                pass
        finally:
            self.failed = True
            for clip, _ in self._clips:  # whoever fills the ring must not wait for them
                with suppress(SinkError):
                    clip.finish()

    def _rounds(self) -> bool:
        """Write until there is nothing more; False at the very end."""
        with self._changed:
            self._changed.wait_for(lambda: self._news or self._closing)
            self._news = False
            closing = self._closing
        busy = True
        while busy:
            with self._changed:
                clips = list(self._clips)
            steps = [self._step(clip) for clip, _ in clips]
            busy = any(steps)
            for entry in clips:
                self._sort_out(entry)
        return not closing

    def _step(self, clip: Clip) -> bool:
        try:
            if not self.failed:
                return clip.step()
            clip.finish()
        except SinkError as error:
            self._fail(error)
            return True
        return False

    def _sort_out(self, entry: tuple[Clip, Callable[[], None]]) -> None:
        """Take a finished clip away, and say so."""
        clip, done = entry
        if not clip.finished or clip.end_at is None:
            return
        with self._changed:
            self._clips.remove(entry)
        try:
            done()
        except SinkError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failed = True
        if self._error is None:
            self._error = error
